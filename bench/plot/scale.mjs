/** A logarithmic axis: the position of a value on a line from `from` to `to`, in pixels. */
export class LogScale {
  #lowest
  #highest
  #from
  #to

  /** The axis ends at powers of ten, so that it contains all `values`. */
  constructor(values, from, to) {
    this.#lowest = Math.floor(Math.log10(Math.min(...values)))
    this.#highest = Math.max(this.#lowest + 1, Math.ceil(Math.log10(Math.max(...values))))
    this.#from = from
    this.#to = to
  }

  at(value) {
    const share = (Math.log10(value) - this.#lowest) / (this.#highest - this.#lowest)
    return this.#from + share * (this.#to - this.#from)
  }

  /** The powers of ten from end to end. */
  get ticks() {
    return Array.from(
      { length: this.#highest - this.#lowest + 1 },
      (_, index) => 10 ** (this.#lowest + index),
    )
  }
}
