// A shop's own code, as its compiler reads it: what must be taken, and what must not.
import stacktill, { Stacktill, StacktillCheckoutElement, StacktillError, version } from "stacktill";
import type { CheckoutOutcome, PaymentStatus } from "stacktill";

const till = Stacktill("pk_test_1", { url: "https://pay.example", locale: "de" });
const checkout: StacktillCheckoutElement = till.openCheckout({
  payment: async () => "cs_test_1_secret_2",
  mode: "inline",
  container: "#checkout",
  onReady: (event) => console.log(event.detail.payment),
  onError: (event) => console.log(event.detail.code, event.detail.message),
});
checkout.addEventListener("complete", (event) => {
  const status: PaymentStatus = event.detail.status;
  console.log(status);
});
checkout.addEventListener("click", () => checkout.close());
const outcome: Promise<CheckoutOutcome> = checkout.outcome;
void outcome.then(({ payment, status }) => [payment.length, status]);

const element = document.createElement("stacktill-checkout");
element.mode = "modal";
element.show("pi_1");
stacktill(version);

try {
  // @ts-expect-error A payment is needed.
  till.openCheckout({ mode: "modal" });
  // @ts-expect-error There is no such mode.
  element.mode = "sideways";
  // @ts-expect-error The module says how it stands, and nobody else.
  element.status = "complete";
  // @ts-expect-error The key comes first.
  Stacktill({ url: "https://pay.example" });
} catch (error) {
  if (error instanceof StacktillError) console.log(error.code);
}
