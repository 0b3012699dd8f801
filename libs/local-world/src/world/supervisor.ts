import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const leash = new URL("../leash.mjs", import.meta.url).href;

/** A Node program that the world keeps running. */
export interface Service {
  name: string;
  /** What `node` is called with. */
  args: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Answers 200 when the service can be used. */
  health: string;
}

interface Running {
  service: Service;
  child: ChildProcess;
  ended: Promise<void>;
  /** We are ending it ourselves. */
  expected: boolean;
}

const becomeReadyMs = 60_000;
const graceMs = 8_000;

/** Starts services, ends them in reverse order, and reports one that ends by itself. None outlives this process (see leash.mjs). */
export class Supervisor {
  readonly #logs: string;
  readonly #onLoss: (message: string) => void;
  readonly #signal: AbortSignal;
  #running: Running[] = [];
  readonly #known = new Map<string, Service>();

  /** When `signal` fires, waiting for a service to become ready is given up. */
  constructor(logs: string, signal: AbortSignal, onLoss: (message: string) => void) {
    this.#logs = logs;
    this.#signal = signal;
    this.#onLoss = onLoss;
    mkdirSync(logs, { recursive: true });
  }

  /** Starts a service and waits until it answers. */
  async start(service: Service): Promise<void> {
    this.#signal.throwIfAborted();
    this.#known.set(service.name, service);
    if (await answers(service.health))
      throw new Error(`${service.name} cannot start: another program answers at ${service.health}`);
    const log = openSync(this.#logOf(service.name), "w");
    const child = spawn(process.execPath, ["--enable-source-maps", "--import", leash, ...service.args], {
      cwd: service.cwd,
      env: service.env,
      stdio: ["ignore", log, log, "ipc"],
      // In a group of its own: Ctrl-C reaches us alone, and we end the services in order.
      detached: true,
    });
    closeSync(log);
    const running: Running = { service, child, expected: false, ended: Promise.resolve() };
    running.ended = new Promise((resolve) =>
      child.once("exit", (code, signal) => {
        this.#running = this.#running.filter((one) => one !== running);
        resolve();
        if (!running.expected)
          this.#onLoss(`${service.name} ended (${signal ?? code}).\n${this.#lastWords(service.name)}`);
      }),
    );
    this.#running.push(running);
    await this.#untilReady(running);
  }

  /** Ends one service by a signal, SIGKILL unless told, and waits until it is gone. */
  async kill(name: string, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const running = this.#running.find((one) => one.service.name === name);
    if (running === undefined) throw new Error(`No service called ${name} is running.`);
    running.expected = true;
    running.child.kill(signal);
    await running.ended;
  }

  /** Starts one service again: one that runs is ended gently first, one that was killed is just started. */
  async restart(name: string): Promise<void> {
    const service = this.#known.get(name);
    if (service === undefined) throw new Error(`There is no service called ${name}.`);
    const running = this.#running.find((one) => one.service === service);
    if (running) await end(running);
    await this.start(service);
  }

  /** Ends every service, the last one started first. */
  async stop(): Promise<void> {
    for (const running of this.#running.toReversed()) await end(running);
  }

  async #untilReady(running: Running): Promise<void> {
    const { service, child } = running;
    for (const until = Date.now() + becomeReadyMs; Date.now() < until; await delay(60)) {
      if (this.#signal.aborted || child.exitCode !== null || child.signalCode !== null) break;
      if (await answers(service.health)) return;
    }
    running.expected = true;
    await end(running);
    this.#signal.throwIfAborted();
    throw new Error(`${service.name} did not become ready.\n${this.#lastWords(service.name)}`);
  }

  #logOf(name: string): string {
    return path.join(this.#logs, `${name}.log`);
  }

  #lastWords(name: string): string {
    const file = this.#logOf(name);
    const lines = readFileSync(file, "utf8").trimEnd().split("\n").slice(-15);
    return `${lines.map((line) => `  | ${line}`).join("\n")}\n  (${file})`;
  }
}

async function end(running: Running): Promise<void> {
  running.expected = true;
  if (running.child.exitCode !== null || running.child.signalCode !== null) return;
  running.child.kill("SIGTERM");
  const force = setTimeout(() => running.child.kill("SIGKILL"), graceMs);
  await running.ended;
  clearTimeout(force);
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
