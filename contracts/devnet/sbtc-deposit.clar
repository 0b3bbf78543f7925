;; sBTC made from bitcoin, as far as the chain shows it. The real contract is not among those that the SDK has
;; built in; the token and the registry that this one calls are, so what it mints and tells is real.
;; There is no bitcoin behind it here, and anybody may speak for the signers.

(define-constant DEPOSIT-ROLE 0x01)
(define-constant ERR-REPLAY (err u301))

(define-public (complete-deposit-wrapper
    (txid (buff 32)) (vout-index uint) (amount uint) (recipient principal)
    (burn-hash (buff 32)) (burn-height uint) (sweep-txid (buff 32)))
  (begin
    (asserts! (is-none (contract-call? .sbtc-registry get-deposit-status txid vout-index)) ERR-REPLAY)
    (try! (contract-call? .sbtc-token protocol-mint amount recipient DEPOSIT-ROLE))
    (contract-call? .sbtc-registry complete-deposit
      txid vout-index amount recipient burn-hash burn-height sweep-txid)))
