import { endpoints } from "@freehold/contract";
import { expect, test } from "vitest";
import { doorsOf } from "./http/door.ts";
import { ownControllers } from "./app.ts";
import { roomControllers } from "./rooms.ts";

test("every endpoint of the contract has exactly one door", () => {
  const doors = doorsOf([...ownControllers, ...roomControllers]);
  const missing = Object.keys(endpoints).filter((name) => !doors.has(name as keyof typeof endpoints));
  const doubled = [...doors].filter(([, methods]) => methods.length > 1);
  expect({ missing, doubled }).toEqual({ missing: [], doubled: [] });
});
