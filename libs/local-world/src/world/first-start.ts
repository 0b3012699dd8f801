import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { stopPostgres } from "../postgres/index.ts";
import { occupantFile } from "./occupancy.ts";

/**
 * The first start fills the world with a story. One that is killed half way would leave half a story, told to a clock that was set
 * back for it: the next start clears that away and is the first again. Nobody can have used what never was up.
 */
export class FirstStart {
  readonly #dataDir: string;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  get #unfinished(): string {
    return path.join(this.#dataDir, "unfinished");
  }

  get #seeded(): string {
    return path.join(this.#dataDir, "seeded");
  }

  /** Clears away what an interrupted first start left, and marks a new one as unfinished. */
  async begin(): Promise<void> {
    if (existsSync(this.#unfinished)) {
      await stopPostgres(path.join(this.#dataDir, "postgres"));
      // The mark goes last: a clearing that is interrupted is gone on with.
      for (const name of readdirSync(this.#dataDir)) {
        if (name !== occupantFile && name !== path.basename(this.#unfinished)) {
          rmSync(path.join(this.#dataDir, name), { recursive: true, force: true });
        }
      }
    } else if (existsSync(path.join(this.#dataDir, "ports.json"))) return;
    writeFileSync(this.#unfinished, "");
  }

  get isSeeded(): boolean {
    return existsSync(this.#seeded);
  }

  seeded(): void {
    writeFileSync(this.#seeded, "");
  }

  /** Everything is up. */
  finished(): void {
    rmSync(this.#unfinished, { force: true });
  }
}
