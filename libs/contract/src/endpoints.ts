import type { z } from "zod";
import { acts } from "./endpoints.acts.ts";
import { pages } from "./endpoints.pages.ts";

/** Every endpoint of the api; the web's client and the api's documentation are both made from this table. */
export const endpoints = { ...pages, ...acts };

export type EndpointName = keyof typeof endpoints;
type Schema<Name extends EndpointName, Part extends "body" | "query" | "answer"> =
  (typeof endpoints)[Name] extends Record<Part, infer S extends z.ZodType> ? S : never;
export type BodyOf<Name extends EndpointName> = z.input<Schema<Name, "body">>;
export type QueryOf<Name extends EndpointName> = z.input<Schema<Name, "query">>;
export type AnswerOf<Name extends EndpointName> = z.output<Schema<Name, "answer">>;
