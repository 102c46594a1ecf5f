import { expect, it } from "vitest";
import type { createOperator } from "../../../shared/commands/operator.ts";
import { createOperatorHandler } from "../../../shared/commands/operator-handler.ts";
import { CommandContended, StoreBusy } from "../../../shared/store/errors.ts";

const COMMAND = { command: "approve_payout", organization_id: "acme", payout_id: "po_1", by: "dana" };

function failing(error: Error) {
  const operator: ReturnType<typeof createOperator> = { run: () => Promise.reject(error) };
  return createOperatorHandler(operator)(COMMAND, "request-1");
}

it("a command that can't be understood names the field", async () => {
  const operator: ReturnType<typeof createOperator> = { run: () => Promise.reject(new Error("not reached")) };
  const answer = await createOperatorHandler(operator)({ ...COMMAND, by: 7 }, "request-1");
  expect(answer).toMatchObject({ ok: false, error: { code: "invalid_command", field: "by" } });
});

it.each([
  ["a busy table", new StoreBusy("busy", 640), 640],
  ["a command that lost every round", new CommandContended("lost"), 1_000],
])("%s asks the caller to come again", async (_name, error, retryAfterMs) => {
  expect(await failing(error)).toMatchObject({ ok: false, error: { code: "busy", retry_after_ms: retryAfterMs } });
});

it("what went wrong inside gives the request's id and nothing else", async () => {
  const answer = await failing(new TypeError("secret detail at line 12"));
  expect(answer).toEqual({
    ok: false,
    error: { code: "internal_error", message: "the command failed; see the log of request request-1" },
  });
});
