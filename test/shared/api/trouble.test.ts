import { describe, expect, it } from "vitest";
import { AccessUnavailable } from "../../../shared/access/access.ts";
import { operations } from "../../../shared/api/contract/operations.ts";
import { createDispatch } from "../../../shared/api/dispatch.ts";
import type { OperationSpec } from "../../../shared/api/operation.ts";
import { StoreBusy } from "../../../shared/store/errors.ts";

const signedIn = Object.entries<OperationSpec>(operations).filter(([, { access }]) => access !== "public");

/** An API whose roles can't be read: nothing after that may happen. */
async function ask({ method, path }: OperationSpec, trouble: Error) {
  const reached: string[] = [];
  const never = (what: string) => async () => {
    reached.push(what);
    throw new Error(`${what} was reached`);
  };
  const dispatch = createDispatch({
    operations,
    handlers: Object.fromEntries(Object.keys(operations).map((id) => [id, never(id)])),
    store: { readReceipt: never("receipts"), commit: never("commit"), getMany: never("records") },
    access: {
      load: async () => {
        throw trouble;
      },
    },
    vigilance: { refused: never("refused"), acted: never("acted"), read: never("read") },
    now: () => 0,
    organizationClaim: "organizationId",
  });
  const answer = await dispatch({
    routeKey: `${method} ${path}`,
    requestContext: {
      requestId: "r-1",
      authorizer: { jwt: { claims: { sub: "maya", organizationId: "acme" } } },
      http: { sourceIp: "192.0.2.7" },
    } as never,
  });
  return { answer, problem: JSON.parse(answer.body ?? "") as Record<string, unknown>, reached };
}

describe.each(signedIn)("%s", (_operationId, spec) => {
  it.each([
    ["access_unavailable", 503, new AccessUnavailable("the table is away")],
    ["busy", 503, new StoreBusy("throttled", 2_000)],
    ["internal_error", 500, new Error("a secret of the inside")],
  ])("fails closed: %s", async (code, status, trouble) => {
    const { answer, problem, reached } = await ask(spec, trouble);
    expect(problem).toMatchObject({ code, status, request_id: "r-1" });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers?.["retry-after"] === undefined).toBe(status === 500);
    expect(answer.body).not.toContain(trouble.message);
    expect(reached).toEqual([]);
  });
});
