;; Pays terms signed off chain, split with a fee. Holds no money. See docs/explanation/contract.md.

;; As SIP-018 has it.
(define-constant PREFIX (concat 0x534950303138 (sha256 (unwrap-panic
  (to-consensus-buff? { chain-id: chain-id, name: "stacktill", version: "1" })))))

(define-data-var owner principal tx-sender)
(define-data-var next-owner (optional principal) none)
(define-data-var paused bool false)
(define-map signers (buff 33) bool)
(define-map payments (buff 32) { payer: principal, at: uint })

;; What `pay` would say, money aside.
(define-read-only (check
    (terms {
      id: (buff 16), merchant: principal, amount: uint, fee: uint, fee-to: principal, expires: uint })
    (key (buff 33))
    (signature (buff 65)))
  (let ((hash (sha256 (concat PREFIX (sha256 (unwrap-panic
      (to-consensus-buff? (merge terms { contract: current-contract }))))))))
    (asserts! (not (var-get paused)) (err u101))
    (asserts! (< stacks-block-time (get expires terms)) (err u102))
    (asserts! (< (get fee terms) (get amount terms)) (err u103))
    (asserts! (is-signer key) (err u104))
    (asserts! (secp256k1-verify hash signature key) (err u105))
    (asserts! (is-none (map-get? payments hash)) (err u106))
    (ok hash)))

;; Books are written before money moves.
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

(define-read-only (get-status)
  { owner: (var-get owner), next-owner: (var-get next-owner), paused: (var-get paused) })

(define-read-only (is-signer (key (buff 33)))
  (default-to false (map-get? signers key)))

;; By contract-caller: nothing that the owner calls can act as the owner.
(define-private (check-owner)
  (ok (asserts! (is-eq contract-caller (var-get owner)) (err u100))))

;; A trusted key can sign terms and move no money.
(define-public (set-signer (key (buff 33)) (trusted bool))
  (begin
    (try! (check-owner))
    (asserts! (is-eq (len key) u33) (err u104))
    (map-set signers key trusted)
    (print { topic: "signer-set", key: key, trusted: trusted })
    (ok true)))

(define-public (set-paused (value bool))
  (begin
    (try! (check-owner))
    (var-set paused value)
    (print { topic: "paused-set", paused: value })
    (ok true)))

(define-public (propose-owner (next (optional principal)))
  (begin
    (try! (check-owner))
    (var-set next-owner next)
    (print { topic: "owner-proposed", next-owner: next })
    (ok true)))

(define-public (accept-owner)
  (begin
    (asserts! (is-eq (some contract-caller) (var-get next-owner)) (err u100))
    (var-set owner contract-caller)
    (var-set next-owner none)
    (print { topic: "owner-changed", owner: contract-caller })
    (ok true)))
