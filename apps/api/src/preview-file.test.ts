import { createHash } from "node:crypto";
import { openStory, type Story } from "@freehold/testing";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { roomControllers } from "./rooms.ts";
import { testApi } from "./testing/api.ts";

let story: Story;
let api: NestFastifyApplication;
beforeAll(async () => {
  story = await openStory();
  api = await testApi(story.database, {
    controllers: roomControllers,
    vault: story.market.vault,
    environment: { EVIDENCE_DIR: story.market.parts.evidence.dir },
  });
});
afterAll(async () => {
  await api?.close();
  await story?.close();
});

const fileOf = (id: string) => api.inject({ method: "GET", url: `/api/previews/${id}/file` });

test("a build is handed to anybody as bytes that no browser shows, and only while it is public", async () => {
  const proposalId = await story.propose();
  await story.makePayable("dave");
  const { url: repository } = await story.repository("dave");
  const developmentId = await story.reserve("dave", proposalId, repository);
  const url = `${story.market.preview.url}/larkspur.tar.gz`;
  await story.openPreview("dave", developmentId, 3, 7, { kind: "download", url });
  await story.drain();
  const preview = (await story.page(proposalId)).development!.preview!;

  const answer = await fileOf(preview.id);
  expect(answer.statusCode).toBe(200);
  expect(createHash("sha256").update(answer.rawPayload).digest("hex")).toBe(preview.kept!.sha256);
  expect(answer.headers).toMatchObject({
    "content-type": "application/octet-stream",
    "content-disposition": 'attachment; filename="larkspur.tar.gz"',
    "content-length": String(preview.kept!.bytes),
    "x-content-type-options": "nosniff",
    "content-security-policy": expect.stringMatching(/^sandbox/) as string,
  });

  await story.stop("frank", developmentId);
  const gone = await fileOf(preview.id);
  expect([gone.statusCode, (gone.json() as { code: string }).code]).toEqual([404, "preview_file_not_kept"]);
});

test("where nothing is kept there is nothing", async () => {
  const { developmentId } = await story.inPreview();
  const { id } = await story.database.preview.findUniqueOrThrow({ where: { developmentId } });
  for (const one of [id, "0190b7c0-0000-7000-8000-000000000001"]) expect((await fileOf(one)).statusCode).toBe(404);
  expect((await fileOf("..%2f..%2fetc%2fpasswd")).statusCode).toBe(404);
});
