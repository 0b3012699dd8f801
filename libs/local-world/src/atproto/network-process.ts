/** Directory and host in a process of their own: PLC_PORT, PDS_PORT and DATA_DIR say how. Ends on SIGTERM. */
import { startAtprotoServers } from "./index.ts";

const servers = await startAtprotoServers({
  plcPort: Number(process.env["PLC_PORT"]),
  pdsPort: Number(process.env["PDS_PORT"]),
  dataDir: process.env["DATA_DIR"] ?? "",
});
process.once("SIGTERM", () => void servers.close().then(() => process.exit(0)));
