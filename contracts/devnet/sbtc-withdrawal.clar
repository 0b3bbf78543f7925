;; Withdrawals from sBTC to bitcoin, as far as the chain shows them. The real contract is not among those that the
;; SDK has built in; the token and the registry that this one calls are, so what it moves and tells is real.
;; Nobody pays out any bitcoin here, and anybody may speak for the signers.

(define-constant WITHDRAWAL-ROLE 0x02)
(define-constant DUST u546)
(define-constant ERR-DUST (err u502))
(define-constant ERR-NO-REQUEST (err u503))
(define-constant ERR-DONE (err u505))
(define-constant ERR-FEE (err u506))

(define-public (initiate-withdrawal-request
    (amount uint) (recipient { version: (buff 1), hashbytes: (buff 32) }) (max-fee uint))
  (begin
    (asserts! (> amount DUST) ERR-DUST)
    (try! (contract-call? .sbtc-token protocol-lock (+ amount max-fee) tx-sender WITHDRAWAL-ROLE))
    (contract-call? .sbtc-registry create-withdrawal-request
      amount max-fee tx-sender recipient burn-block-height)))

(define-public (accept-withdrawal-request
    (request-id uint) (bitcoin-txid (buff 32)) (signer-bitmap uint) (output-index uint) (fee uint)
    (burn-hash (buff 32)) (burn-height uint) (sweep-txid (buff 32)))
  (let ((request (try! (waiting request-id)))
        (most (get max-fee request))
        (owner (get sender request)))
    (asserts! (<= fee most) ERR-FEE)
    (try! (contract-call? .sbtc-token protocol-burn-locked
      (+ (get amount request) most) owner WITHDRAWAL-ROLE))
    (and (< fee most)
      (try! (contract-call? .sbtc-token protocol-mint (- most fee) owner WITHDRAWAL-ROLE)))
    (contract-call? .sbtc-registry complete-withdrawal-accept
      request-id bitcoin-txid output-index signer-bitmap fee burn-hash burn-height sweep-txid)))

(define-public (reject-withdrawal-request (request-id uint) (signer-bitmap uint))
  (let ((request (try! (waiting request-id))))
    (try! (contract-call? .sbtc-token protocol-unlock
      (+ (get amount request) (get max-fee request)) (get sender request) WITHDRAWAL-ROLE))
    (contract-call? .sbtc-registry complete-withdrawal-reject request-id signer-bitmap)))

;; Several at once, as the signers do: a fee says that a request is accepted, none that it is refused.
(define-public (complete-withdrawals
    (requests (list 100 { request-id: uint, fee: (optional uint) })))
  (fold complete requests (ok u0)))

(define-private (complete
    (item { request-id: uint, fee: (optional uint) }) (done (response uint uint)))
  (let ((count (try! done))
        (id (get request-id item))
        (nothing 0x0000000000000000000000000000000000000000000000000000000000000000))
    (try! (match (get fee item)
      fee (accept-withdrawal-request id nothing u0 u0 fee nothing burn-block-height nothing)
      (reject-withdrawal-request id u0)))
    (ok (+ count u1))))

(define-private (waiting (request-id uint))
  (let ((request (unwrap! (contract-call? .sbtc-registry get-withdrawal-request request-id) ERR-NO-REQUEST)))
    (asserts! (is-none (get status request)) ERR-DONE)
    (ok request)))
