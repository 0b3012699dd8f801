import { applyDecorators, createParamDecorator, Get, HttpCode, Post, SetMetadata, type Type } from "@nestjs/common";
import { type Endpoint, type EndpointName, endpoints, refusal } from "@freehold/contract";
import { idFor } from "@freehold/values";
import type { FastifyRequest } from "fastify";
import type { SignedIn } from "./session.ts";

const DOOR = Symbol("door");
const WEBHOOK = Symbol("webhook");

declare module "fastify" {
  interface FastifyRequest {
    /** Who asks, when their session is good. Set by the gate. */
    visitor: SignedIn | null;
    /** What the gate let through: parameters, query and body, each in the form that the contract says. */
    passed: { params: Record<string, string>; query: unknown; body: unknown };
  }
}

/** Makes a method the door of one endpoint: method, path, who may, validation, idempotency and answer are the contract's. */
export const Door = (name: EndpointName): MethodDecorator => {
  const endpoint: Endpoint = endpoints[name];
  const route = endpoint.method === "GET" ? Get(endpoint.path) : Post(endpoint.path);
  return applyDecorators(SetMetadata(DOOR, name), route, HttpCode(200)) as MethodDecorator;
};

/** Makes a method take what another service sends, unparsed: no session, no token, no limit; it checks a signature itself. */
export const Webhook = (path: string): MethodDecorator =>
  applyDecorators(SetMetadata(WEBHOOK, true), Post(path), HttpCode(202)) as MethodDecorator;

export const doorOf = (handler: object): EndpointName | undefined => Reflect.getMetadata(DOOR, handler);
export const isWebhook = (handler: object): boolean => Reflect.getMetadata(WEBHOOK, handler) === true;

/** The doors of some controllers: which methods answer for which endpoint. */
export function doorsOf(controllers: readonly Type<unknown>[]): Map<EndpointName, string[]> {
  const doors = new Map<EndpointName, string[]>();
  for (const controller of controllers) {
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(controller.prototype as object))) {
      const name = typeof value === "function" ? doorOf(value as object) : undefined;
      if (name !== undefined) doors.set(name, [...(doors.get(name) ?? []), `${controller.name}.${key}`]);
    }
  }
  return doors;
}

/** The parameters of an endpoint's path. Those called `id` have the form of one of our ids. */
export type ParamsOf<Name extends EndpointName> = { [Key in ParamNames<(typeof endpoints)[Name]["path"]>]: string };
type ParamNames<Path extends string> = Path extends `${string}:${infer Rest}`
  ? Rest extends `${infer Param}/${infer More}`
    ? ParamNames<`:${Param}`> | ParamNames<More>
    : Rest extends `${infer Param}.${string}`
      ? Param
      : Rest
  : never;

const from = <Value>(read: (request: FastifyRequest) => Value) =>
  createParamDecorator((_data: unknown, context) => read(context.switchToHttp().getRequest<FastifyRequest>()));

/** Who asks (`SignedIn`); only for doors that are for signed-in people. */
export const Visitor = from((request) => {
  if (request.visitor === null) throw refusal("sign_in_required");
  return request.visitor;
});

/** Who asks, or null (`SignedIn | null`). */
export const AnyVisitor = from((request) => request.visitor);

/** `ParamsOf<"name">` */
export const Params = from((request) => request.passed.params);

/** The query as the contract's schema gives it. */
export const Query = from((request) => request.passed.query);

/** The body as the contract's schema gives it. */
export const Body = from((request) => request.passed.body);

/**
 * An id that follows from the party and their Idempotency-Key: a row that is made under it cannot be made twice, even if
 * the api died between committing and remembering its answer. Only for doors that are about money.
 */
export const RequestId = from((request) =>
  idFor(`request ${request.visitor?.partyId} ${request.headers["idempotency-key"] as string}`),
);
