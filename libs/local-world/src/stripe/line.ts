/** Things that wait in a line; taking the first costs no more when the line is long. */
export class Line<T> {
  #items: T[] = [];
  #taken = 0;

  add(item: T): void {
    this.#items.push(item);
  }

  take(): T | undefined {
    const item = this.#items[this.#taken];
    if (item === undefined) return undefined;
    this.#taken += 1;
    if (this.#taken > 1000 && this.#taken * 2 > this.#items.length) this.#close();
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#taken = 0;
  }

  turnRound(): void {
    this.#close();
    this.#items.reverse();
  }

  shuffle(): void {
    this.#close();
    const items = this.#items;
    for (let i = items.length - 1; i > 0; i--) {
      const j = Math.floor(Math.random() * (i + 1));
      [items[i], items[j]] = [items[j]!, items[i]!];
    }
  }

  #close(): void {
    this.#items.splice(0, this.#taken);
    this.#taken = 0;
  }
}
