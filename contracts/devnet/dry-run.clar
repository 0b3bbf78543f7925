;; Runs a transfer of sBTC and takes it back: (err u0) says that it would have gone through.
;; The local chain asks this when a transfer is sure to break its post-conditions.

(define-public (transfer
    (amount uint) (sender principal) (recipient principal) (memo (optional (buff 34))))
  (match (contract-call? 'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token transfer
      amount sender recipient memo)
    done (err u0)
    reason (err reason)))

(define-public (transfer-many
    (recipients (list 200 {
      amount: uint, sender: principal, to: principal, memo: (optional (buff 34)) })))
  (match (contract-call? 'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token transfer-many
      recipients)
    done (err u0)
    reason (err reason)))
