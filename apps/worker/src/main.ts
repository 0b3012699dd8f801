import { readEnvironment } from "@freehold/contract";
import { createLog } from "@freehold/journey";
import { startWorker } from "./worker.ts";

const environment = readEnvironment();
const log = createLog(environment, "worker", { level: environment.FREEHOLD_WORLD === "local" ? "error" : "info" });
const worker = await startWorker(environment, log);
let stopping = false;
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    void worker.stop().then(() => process.exit(0));
  });
