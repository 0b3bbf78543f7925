// The chain's clock: the time of this machine, moved as far as a test wants.

/** Seconds since 1970. Blocks go with it, and each is later than the one before. */
export class Clock {
  #ahead = 0;

  now() {
    return Math.floor(Date.now() / 1000) + this.#ahead;
  }

  /** The time of a block after one of the given time. */
  next(after) {
    return Math.max(this.now(), after + 1);
  }

  /** Move the clock on. */
  advance(seconds) {
    this.#ahead += seconds;
  }

  /** Back to the time of this machine. */
  reset() {
    this.#ahead = 0;
  }
}
