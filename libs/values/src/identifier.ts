import { v5, v7, validate } from "uuid";

/** A new globally unique, time-ordered id (UUIDv7). */
export const newId = (): string => v7();

/** Whether a text has the form of one of our ids. */
export const isId = (text: string): boolean => validate(text);

const namespace = "7f2c1c0e-5d0b-4c53-9f5f-5a1f9f0f5d11";

/** The same name always gives the same id: for rows that a repeated step must find again instead of making twice. */
export const idFor = (name: string): string => v5(name, namespace);
