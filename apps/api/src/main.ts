import { readEnvironment } from "@freehold/contract";
import { createApi } from "./app.ts";
import { openGround } from "./open-ground.ts";

const environment = readEnvironment();
const api = await createApi(environment, await openGround(environment));
await api.listen(environment.PORT, environment.LISTEN_HOST);
