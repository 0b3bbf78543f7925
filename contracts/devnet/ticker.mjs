// Blocks by themselves: one after every so many seconds, every so many of them on a new Bitcoin block.
import { Answer } from "./router.mjs";

const BURN_EVERY = 10;

/** Mines on a timer; off until `set`. */
export class Ticker {
  #chain;
  #timer = null;
  #ticks = 0;

  interval = { seconds: 0, burn_every: BURN_EVERY };

  constructor(chain) {
    this.#chain = chain;
  }

  /** Mine every `seconds` (0 is off). */
  set({ seconds = 0, burn_every: every = BURN_EVERY }) {
    if (!(seconds >= 0 && seconds <= 3600) || !(Number.isInteger(every) && every >= 0)) {
      throw new Answer(400, { error: "seconds is from 0 to 3600, burn_every a whole number" });
    }
    clearInterval(this.#timer);
    this.interval = { seconds, burn_every: every };
    if (seconds > 0) this.#timer = setInterval(() => this.#tick(), seconds * 1000);
    return this.interval;
  }

  #tick() {
    this.#ticks += 1;
    const every = this.interval.burn_every;
    try {
      this.#chain.mine({ burn: every > 0 && this.#ticks % every === 0 });
    } catch (error) {
      console.error(`no block this time: ${error.message}`);
    }
  }
}
