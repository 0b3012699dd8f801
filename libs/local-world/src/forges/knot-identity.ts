import { createRequire } from "node:module";
import { Secp256k1Keypair } from "@atproto/crypto";
import type { KnotModel, StoredKnotRepository } from "./knot-model.ts";

// The package is CommonJS and its names are not all visible to an ESM import.
const plc = createRequire(import.meta.url)("@did-plc/lib") as typeof import("@did-plc/lib");

type Operation = Parameters<InstanceType<typeof plc.Client>["sendOperation"]>[1];

const service = (endpoint: string) => ({ atproto_pds: { type: "AtprotoPersonalDataServer", endpoint } });

async function rotationKey(model: KnotModel): Promise<Secp256k1Keypair> {
  if (model.memory.rotationKey) {
    return Secp256k1Keypair.import(model.memory.rotationKey, { exportable: true });
  }
  const key = await Secp256k1Keypair.create({ exportable: true });
  model.memory.rotationKey = Buffer.from(await key.export()).toString("hex");
  model.save();
  return key;
}

/** Mint a repository's own DID at the PLC directory: its service is this knot, its key is the knot's. */
export async function mintRepoDid(model: KnotModel, plcUrl: string, knotUrl: string) {
  const key = await rotationKey(model);
  // A second key of its own makes the operation, and with it the DID, different for every repository.
  const own = await Secp256k1Keypair.create();
  const genesis = await plc.addSignature(
    {
      type: "plc_operation" as const,
      rotationKeys: [key.did()],
      verificationMethods: { atproto: own.did() },
      alsoKnownAs: [],
      services: service(knotUrl),
      prev: null,
    },
    key,
  );
  const repoDid = await plc.didForCreateOp(genesis);
  await new plc.Client(plcUrl).sendOperation(repoDid, genesis);
  return { repoDid, genesis: genesis as Record<string, unknown> };
}

/** After a restart: tell a forgetful PLC directory about this repository again, and where the knot now answers. */
export async function renewRepoDid(
  model: KnotModel,
  plcUrl: string,
  knotUrl: string,
  repository: StoredKnotRepository,
): Promise<void> {
  const client = new plc.Client(plcUrl);
  const known = await client.getDocumentData(repository.repoDid).catch((error: { status?: number }) => {
    if (error.status === 404) return null;
    throw error;
  });
  if (!known) await client.sendOperation(repository.repoDid, repository.genesis as unknown as Operation);
  const data = known ?? (await client.getDocumentData(repository.repoDid));
  if (data.services["atproto_pds"]?.endpoint === knotUrl) return;
  await client.updateData(repository.repoDid, await rotationKey(model), (last) => ({
    ...last,
    services: service(knotUrl),
  }));
}
