import { defineConfig } from "prisma/config";

// Only commands that reach a database need the address; `generate` and `validate` do not.
const ownerUrl =
  process.env["DATABASE_OWNER_URL"] ??
  process.env["DATABASE_URL"] ??
  "postgresql://freehold_owner@127.0.0.1:5432/freehold";

export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations", seed: "node prisma/seed.ts" },
  datasource: { url: ownerUrl },
});
