import { expect, test } from "vitest";
import { OutwardWork } from "./outward-work.ts";

const gate = () => Promise.withResolvers<void>();

test("each gets its turn, a few at the same time; one that hangs keeps one place and one that fails is told of", async () => {
  const failed: string[] = [];
  const work = new OutwardWork((id, error) => failed.push(`${id}: ${String(error)}`));
  const hang = gate();
  const done: string[] = [];
  let [atOnce, most] = [0, 0];
  const ids = Array.from({ length: 40 }, (_, n) => String(n));
  await work.beginAll(ids, async (id) => {
    most = Math.max(most, (atOnce += 1));
    await (id === "0" ? hang.promise : new Promise((resolve) => setTimeout(resolve, 1)));
    atOnce -= 1;
    if (id === "7") throw new Error("no");
    done.push(id);
  });
  expect(
    work.begin("0", () => Promise.resolve()),
    "it is in hand",
  ).toBe(false);
  await expect.poll(() => done.length).toBe(38);
  expect([most, work.room, failed]).toEqual([6, 5, ["7: Error: no"]]);
  hang.resolve();
  await work.finished();
  expect([done.at(-1), work.room]).toEqual(["0", 6]);
  expect(work.begin("0", () => Promise.resolve())).toBe(true);
});

test("without room nothing more is begun, and all places are free again when the work has ended", async () => {
  const work = new OutwardWork(() => undefined);
  const hang = gate();
  const begun = Array.from({ length: 8 }, (_, n) => work.begin(String(n), () => hang.promise));
  expect(begun).toEqual([true, true, true, true, true, true, false, false]);
  hang.resolve();
  await work.finished();
  expect(work.room).toBe(6);
});
