import type { Type } from "@nestjs/common";

/** The controllers of the rooms, in the order of the story. */
export const roomControllers: Type<unknown>[] = [];
