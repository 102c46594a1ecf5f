import type { MiddlewareObj } from "@middy/core";
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { logger } from "./logger.ts";

/** What every function does around its work: log context, and an error logged once before Lambda sees it. */
function logInvocation(): MiddlewareObj<unknown, unknown, Error, Context> {
  return {
    before: ({ context }) => {
      logger.addContext(context);
    },
    onError: ({ error }) => {
      logger.error("invocation failed", error ?? new Error("unknown error"));
    },
  };
}

/** Wraps a handler the house's way. Errors go on to Lambda, which retries and dead-letters them. */
export function house<Event, Result>(handler: (event: Event, context: Context) => Promise<Result>) {
  return middy<Event, Result, Error, Context>().use(logInvocation()).handler(handler);
}
