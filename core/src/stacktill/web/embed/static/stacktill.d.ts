/** The checkout in a shop's own page. */

export declare const version: string;

export type PaymentStatus = "open" | "processing" | "complete" | "expired";

/** The id or the client secret of a checkout session, payment intent or payment link. */
export type Payment = string;

export interface CheckoutDetail {
  /** The payment's id; empty until it is known. */
  readonly payment: string;
  /** How it stands, as far as this page was told. For showing, never for shipping. */
  readonly status: PaymentStatus;
}

export interface CheckoutErrorDetail extends CheckoutDetail {
  /**
   * `frame_blocked`, `timeout`: offered in a window of its own instead.
   * `payment_unavailable`: your promise of a payment failed.
   * `payment_invalid`, `mode_mismatch`, `url_invalid`: a mistake in the call.
   * Others come from the page itself.
   */
  readonly code: string;
  readonly message: string;
}

export interface CheckoutEventMap {
  /** The payer sees the checkout. */
  ready: CustomEvent<CheckoutDetail>;
  /** Money was seen and is being confirmed. */
  processing: CustomEvent<CheckoutDetail>;
  /** Paid. Wait for the webhook before anything leaves your house. */
  complete: CustomEvent<CheckoutDetail>;
  /** The time is over, or the payment was withdrawn. */
  expired: CustomEvent<CheckoutDetail>;
  /** The payer left; the payment itself goes on and can be opened again. */
  close: CustomEvent<CheckoutDetail>;
  error: CustomEvent<CheckoutErrorDetail>;
}

export interface CheckoutOutcome {
  readonly payment: string;
  readonly status: PaymentStatus;
}

/** A fault in the call; `code` is for programs. */
export declare class StacktillError extends Error {
  constructor(code: string, message: string);
  readonly code: string;
}

/** `<stacktill-checkout payment="…" mode="inline|modal">` */
export declare class StacktillCheckoutElement extends HTMLElement {
  payment: Payment;
  /** `inline` begins as soon as there is a payment; `modal` when `show()` is called. */
  mode: "inline" | "modal";
  /** The address of the box; needed only when the module is not loaded from it. */
  url: string;
  /** A language such as `de`; else that of the page. */
  locale: string;
  publishableKey: string;
  readonly open: boolean;
  readonly status: PaymentStatus;
  /** Settles at the first of complete, expired and close; never fails. */
  readonly outcome: Promise<CheckoutOutcome>;
  show(payment?: Payment | Promise<Payment> | (() => Payment | Promise<Payment>)): void;
  close(): void;
  addEventListener<Type extends keyof CheckoutEventMap>(
    type: Type,
    listener: (this: StacktillCheckoutElement, event: CheckoutEventMap[Type]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

export interface CheckoutOptions {
  /** A function is called again when the payer tries again. */
  payment: Payment | Promise<Payment> | (() => Payment | Promise<Payment>);
  /** Default: `modal`. */
  mode?: "inline" | "modal";
  /** Where an inline checkout goes: an element or its selector. */
  container?: Element | string;
  locale?: string;
  onReady?(event: CheckoutEventMap["ready"]): void;
  onProcessing?(event: CheckoutEventMap["processing"]): void;
  onComplete?(event: CheckoutEventMap["complete"]): void;
  onExpired?(event: CheckoutEventMap["expired"]): void;
  onClose?(event: CheckoutEventMap["close"]): void;
  onError?(event: CheckoutEventMap["error"]): void;
}

export interface StacktillOptions {
  /** The address of the box; needed only when the module is not loaded from it. */
  url?: string;
  locale?: string;
}

export interface StacktillClient {
  readonly url: string;
  /** Throws `StacktillError` for a mistake in the call. */
  openCheckout(options: CheckoutOptions): StacktillCheckoutElement;
}

/** Throws `StacktillError` when the key is not a publishable one. */
export declare function Stacktill(publishableKey: string, options?: StacktillOptions): StacktillClient;

export default Stacktill;

declare global {
  interface HTMLElementTagNameMap {
    "stacktill-checkout": StacktillCheckoutElement;
  }
}
