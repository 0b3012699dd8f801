import { startStripeSimulator } from "./simulator.ts";

/**
 * The simulator alone: `node libs/local-world/src/stripe/main.ts`. Settings come from the environment (see README.md);
 * its clock is the machine's, wound on by the control verb `advance`. The control verbs are served only with STRIPE_SIM=1.
 */
const {
  STRIPE_SIM,
  STRIPE_SIM_PORT,
  STRIPE_SIM_STATE,
  STRIPE_SIM_SECRET_KEY,
  STRIPE_SIM_WEBHOOK_URL,
  STRIPE_SIM_WEBHOOK_SECRET,
  STRIPE_SIM_VALIDATE,
} = process.env;

const port = Number(STRIPE_SIM_PORT ?? 0);
if (!Number.isInteger(port) || port < 0 || port > 65_535)
  throw new Error(`STRIPE_SIM_PORT=${STRIPE_SIM_PORT} is no port.`);
if ((STRIPE_SIM_WEBHOOK_URL === undefined) !== (STRIPE_SIM_WEBHOOK_SECRET === undefined))
  throw new Error("STRIPE_SIM_WEBHOOK_URL and STRIPE_SIM_WEBHOOK_SECRET go together.");

const simulator = await startStripeSimulator({
  port,
  now: () => new Date(),
  controlOverHttp: STRIPE_SIM === "1",
  validate: STRIPE_SIM_VALIDATE === "1",
  ...(STRIPE_SIM_STATE === undefined ? {} : { stateFile: STRIPE_SIM_STATE }),
  ...(STRIPE_SIM_SECRET_KEY === undefined ? {} : { secretKey: STRIPE_SIM_SECRET_KEY }),
  ...(STRIPE_SIM_WEBHOOK_URL === undefined || STRIPE_SIM_WEBHOOK_SECRET === undefined
    ? {}
    : { webhook: { url: STRIPE_SIM_WEBHOOK_URL, secret: STRIPE_SIM_WEBHOOK_SECRET } }),
});

process.stdout.write(`Stripe simulator at ${simulator.url}\n`);
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void simulator.close().then(() => process.exit(0)));
