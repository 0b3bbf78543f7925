;; stacktill-pay-v1: pay terms that were signed off chain, split with a fee in the same transaction.
;; It never holds money, takes no trait and calls nothing but sBTC; see docs/explanation/contract.md.

(define-constant ERR_NOT_OWNER (err u100))
(define-constant ERR_PAUSED (err u101))
(define-constant ERR_EXPIRED (err u102))
(define-constant ERR_FEE (err u103))
(define-constant ERR_KEY (err u104))
(define-constant ERR_SIGNATURE (err u105))
(define-constant ERR_PAID (err u106))

;; What stands before the hash of a message in SIP-018, made once, at the deployment.
(define-constant SIGNED_PREFIX
  (concat 0x534950303138
    (sha256 (unwrap-panic (to-consensus-buff?
      { chain-id: chain-id, name: "stacktill", version: "1" })))))

(define-data-var owner principal tx-sender)
(define-data-var next-owner (optional principal) none)
(define-data-var paused bool false)
(define-map signers (buff 33) bool)
(define-map payments (buff 32) { payer: principal, at: uint })

;; ------------------------------------------------------------------ payments

;; What a key signs, and the name of a payment: the hash of all its terms, for this contract only.
(define-read-only (terms-hash (terms {
    id: (buff 16), merchant: principal, amount: uint, fee: uint, fee-to: principal, expires: uint }))
  (sha256 (concat SIGNED_PREFIX
    (sha256 (unwrap-panic (to-consensus-buff? (merge terms { contract: current-contract })))))))

;; What `pay` would say of these terms in this block, money aside.
(define-read-only (check
    (terms {
      id: (buff 16), merchant: principal, amount: uint, fee: uint, fee-to: principal, expires: uint })
    (key (buff 33))
    (signature (buff 65)))
  (let ((hash (terms-hash terms)))
    (asserts! (not (var-get paused)) ERR_PAUSED)
    (asserts! (< stacks-block-time (get expires terms)) ERR_EXPIRED)
    (asserts! (< (get fee terms) (get amount terms)) ERR_FEE)
    (asserts! (is-signer key) ERR_KEY)
    (asserts! (secp256k1-verify hash signature key) ERR_SIGNATURE)
    (asserts! (is-none (map-get? payments hash)) ERR_PAID)
    (ok hash)))

;; The sender pays all of the amount. The books are written before money moves.
(define-public (pay
    (terms {
      id: (buff 16), merchant: principal, amount: uint, fee: uint, fee-to: principal, expires: uint })
    (key (buff 33))
    (signature (buff 65)))
  (let (
      (hash (try! (check terms key signature)))
      (fee (get fee terms))
      (memo (some (get id terms))))
    (map-set payments hash { payer: tx-sender, at: stacks-block-time })
    (try! (contract-call? 'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token transfer
      (- (get amount terms) fee) tx-sender (get merchant terms) memo))
    (and (> fee u0)
      (try! (contract-call? 'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token transfer
        fee tx-sender (get fee-to terms) memo)))
    (print (merge terms { topic: "paid", hash: hash, payer: tx-sender }))
    (ok hash)))

(define-read-only (get-payment (hash (buff 32)))
  (map-get? payments hash))

;; ------------------------------------------------------------------ the owner

(define-read-only (get-status)
  { owner: (var-get owner), next-owner: (var-get next-owner), paused: (var-get paused) })

(define-read-only (is-signer (key (buff 33)))
  (default-to false (map-get? signers key)))

;; By contract-caller: no contract that the owner calls can act as the owner.
(define-private (check-owner)
  (ok (asserts! (is-eq contract-caller (var-get owner)) ERR_NOT_OWNER)))

;; Trust a key to sign terms, or no longer. It can move no money.
(define-public (set-signer (key (buff 33)) (trusted bool))
  (begin
    (try! (check-owner))
    (asserts! (is-eq (len key) u33) ERR_KEY)
    (map-set signers key trusted)
    (print { topic: "signer-set", key: key, trusted: trusted })
    (ok true)))

;; Stop all payments, or let them go on.
(define-public (set-paused (value bool))
  (begin
    (try! (check-owner))
    (var-set paused value)
    (print { topic: "paused-set", paused: value })
    (ok true)))

;; Offer the ownership to another; none takes the offer back.
(define-public (propose-owner (next (optional principal)))
  (begin
    (try! (check-owner))
    (var-set next-owner next)
    (print { topic: "owner-proposed", next-owner: next })
    (ok true)))

;; Take the offer.
(define-public (accept-owner)
  (begin
    (asserts! (is-eq (some contract-caller) (var-get next-owner)) ERR_NOT_OWNER)
    (var-set owner contract-caller)
    (var-set next-owner none)
    (print { topic: "owner-changed", owner: contract-caller })
    (ok true)))
