;; stacktill-intents-v1: merchants and payment intents kept on chain, paid and split without custody.
;; For who wants everything on chain; `pay` of stacktill-pay-v1 needs one transaction instead of two.
;; Owner and pause are those of stacktill-pay-v1; see docs/explanation/contract.md.

(define-constant ERR_NOT_OWNER (err u200))
(define-constant ERR_PAUSED (err u201))
(define-constant ERR_EXPIRED (err u202))
(define-constant ERR_FEE (err u203))
(define-constant ERR_AMOUNT (err u204))
(define-constant ERR_PAID (err u205))
(define-constant ERR_MERCHANT (err u206))
(define-constant ERR_INTENT (err u207))
(define-constant ERR_EXISTS (err u208))
(define-constant ERR_NOT_DIRECT (err u209))

(define-constant MAX_AMOUNT u2100000000000000)
(define-constant MAX_FEE_BPS u1000)

(define-data-var fees { bps: uint, to: principal } { bps: u0, to: tx-sender })
(define-map merchants principal { active: bool, fee-bps: uint, label: (optional (string-utf8 64)) })
(define-map intents { merchant: principal, id: (buff 16) }
  { amount: uint, fee: uint, fee-to: principal, expires: uint })
(define-map payments { merchant: principal, id: (buff 16) } { payer: principal, at: uint })
(define-map distributions { payer: principal, statement: (buff 32) } uint)

;; ------------------------------------------------------------------ merchants

;; Register the caller. A chain forgets nothing: leave the label out, or let it name no person.
(define-public (register-merchant (label (optional (string-utf8 64))))
  (begin
    (asserts!
      (map-insert merchants contract-caller
        { active: true, fee-bps: (get bps (var-get fees)), label: label })
      ERR_EXISTS)
    (print { topic: "merchant-registered", merchant: contract-caller })
    (ok true)))

(define-read-only (get-merchant (merchant principal))
  (map-get? merchants merchant))

;; ------------------------------------------------------------------ intents

;; A merchant asks for an amount until a time. The fee is fixed here, rounded down.
(define-public (create-payment-intent (id (buff 16)) (amount uint) (expires uint))
  (let (
      (checked (asserts! (and (> amount u0) (<= amount MAX_AMOUNT)) ERR_AMOUNT))
      (tier (unwrap! (map-get? merchants contract-caller) ERR_MERCHANT))
      (intent (with-fee amount expires (get fee-bps tier))))
    (asserts! (not (is-paused)) ERR_PAUSED)
    (asserts! (get active tier) ERR_MERCHANT)
    (asserts! (< stacks-block-time expires) ERR_EXPIRED)
    (asserts! (map-insert intents { merchant: contract-caller, id: id } intent) ERR_EXISTS)
    (print (merge intent { topic: "intent-created", merchant: contract-caller, id: id }))
    (ok true)))

(define-private (with-fee (amount uint) (expires uint) (bps uint))
  {
    amount: amount, fee: (/ (* amount bps) u10000), fee-to: (get to (var-get fees)),
    expires: expires })

(define-read-only (get-intent (merchant principal) (id (buff 16)))
  (map-get? intents { merchant: merchant, id: id }))

;; The sender pays an intent. Whoever pays says the amount, so that it is never a surprise.
(define-public (process-payment (merchant principal) (id (buff 16)) (amount uint))
  (let (
      (key { merchant: merchant, id: id })
      (intent (unwrap! (map-get? intents key) ERR_INTENT))
      (fee (get fee intent)))
    (asserts! (not (is-paused)) ERR_PAUSED)
    (asserts! (default-to false (get active (map-get? merchants merchant))) ERR_MERCHANT)
    (asserts! (is-eq amount (get amount intent)) ERR_AMOUNT)
    (asserts! (< stacks-block-time (get expires intent)) ERR_EXPIRED)
    (asserts! (map-insert payments key { payer: tx-sender, at: stacks-block-time }) ERR_PAID)
    (try! (contract-call? 'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token transfer
      (- amount fee) tx-sender merchant (some id)))
    (and (> fee u0)
      (try! (contract-call? 'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token transfer
        fee tx-sender (get fee-to intent) (some id))))
    (print (merge intent { topic: "paid", merchant: merchant, id: id, payer: tx-sender }))
    (ok true)))

(define-read-only (get-payment (merchant principal) (id (buff 16)))
  (map-get? payments { merchant: merchant, id: id }))

;; ------------------------------------------------------------------ fees

;; Share out fees that the caller has received: each statement once, all of its shares or none.
(define-public (distribute-fees
    (statement (buff 32))
    (shares (list 100 { to: principal, amount: uint })))
  (let ((total (fold add-share shares u0)))
    (asserts! (is-eq contract-caller tx-sender) ERR_NOT_DIRECT)
    (asserts!
      (map-insert distributions { payer: tx-sender, statement: statement } total)
      ERR_PAID)
    (try! (contract-call? 'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token transfer-many
      (map to-transfer shares)))
    (print {
      topic: "fees-distributed", payer: tx-sender, statement: statement, total: total,
      shares: (len shares) })
    (ok total)))

(define-private (add-share (share { to: principal, amount: uint }) (total uint))
  (+ total (get amount share)))

(define-private (to-transfer (share { to: principal, amount: uint }))
  { amount: (get amount share), sender: tx-sender, to: (get to share), memo: none })

(define-read-only (get-distribution (payer principal) (statement (buff 32)))
  (map-get? distributions { payer: payer, statement: statement }))

(define-read-only (get-fees)
  (var-get fees))

;; ------------------------------------------------------------------ the owner

(define-read-only (is-paused)
  (get paused (contract-call? .stacktill-pay-v1 get-status)))

(define-private (check-owner)
  (ok (asserts!
    (is-eq contract-caller (get owner (contract-call? .stacktill-pay-v1 get-status)))
    ERR_NOT_OWNER)))

;; The tier of merchants who register from now on, and who receives the fees of new intents.
(define-public (set-fees (bps uint) (to principal))
  (begin
    (try! (check-owner))
    (asserts! (<= bps MAX_FEE_BPS) ERR_FEE)
    (var-set fees { bps: bps, to: to })
    (print { topic: "fees-set", bps: bps, to: to })
    (ok true)))

;; The tier of one merchant, and whether it may take payments here.
(define-public (set-merchant (merchant principal) (active bool) (fee-bps uint))
  (let ((known (unwrap! (map-get? merchants merchant) ERR_MERCHANT)))
    (try! (check-owner))
    (asserts! (<= fee-bps MAX_FEE_BPS) ERR_FEE)
    (map-set merchants merchant (merge known { active: active, fee-bps: fee-bps }))
    (print { topic: "merchant-set", merchant: merchant, active: active, fee-bps: fee-bps })
    (ok true)))
