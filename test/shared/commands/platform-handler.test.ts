import { describe, expect, it } from "vitest";
import type { PlatformAdministration } from "../../../shared/commands/platform.ts";
import { createPlatformHandler } from "../../../shared/commands/platform-handler.ts";
import { CommandContended, StoreBusy } from "../../../shared/store/errors.ts";

const BOOTSTRAP = { command: "bootstrap_super_admin", organization_id: "acme", subject: "ada", by: "dana" };

function answerWhere(run: PlatformAdministration["run"], command: unknown = BOOTSTRAP) {
  return createPlatformHandler({ run })(command, "request-1");
}

const failing = (error: Error) => answerWhere(() => Promise.reject(error));
const unreached = (command: unknown) => answerWhere(() => Promise.reject(new Error("not reached")), command);

describe("a command to the platform", () => {
  it.each([
    ["an unknown name", { command: "drop_table" }, "command"],
    ["an organization's business", { command: "approve_payout", organization_id: "acme", by: "b" }, "command"],
    ["an unknown field", { ...BOOTSTRAP, force: true }, ""],
    ["no person", { ...BOOTSTRAP, by: undefined }, "by"],
    ["the platform as organization", { ...BOOTSTRAP, organization_id: "platform" }, "organization_id"],
    ["a key in the organization", { ...BOOTSTRAP, organization_id: "a#b" }, "organization_id"],
    ["a key in the subject", { ...BOOTSTRAP, subject: "a#b" }, "subject"],
    ["a pause without a reason", { command: "pause_sending", control: "all", by: "b" }, "reason"],
    ["an unknown control", { command: "resume_sending", control: "paypal", by: "b" }, "control"],
    ["no object", "pause", ""],
  ])("with %s is refused and names the field", async (_what, command, field) => {
    expect(await unreached(command)).toMatchObject({ ok: false, error: { code: "invalid_command", field } });
  });

  it("that is refused says why", async () => {
    const refusal = { code: "roster_not_empty", message: "acme has 1 super_admin already" } as const;
    expect(await answerWhere(async () => ({ ok: false, refusal }))).toEqual({ ok: false, error: refusal });
  });

  it.each([
    ["a busy table", new StoreBusy("busy", 640), 640],
    ["a command that lost every round", new CommandContended("lost"), 1_000],
  ])("meeting %s asks the caller to come again", async (_name, error, retryAfterMs) => {
    expect(await failing(error)).toMatchObject({ ok: false, error: { code: "busy", retry_after_ms: retryAfterMs } });
  });

  it("that goes wrong inside gives the request's id and nothing else", async () => {
    expect(await failing(new TypeError("secret detail at line 12"))).toEqual({
      ok: false,
      error: { code: "internal_error", message: "the command failed; see the log of request request-1" },
    });
  });
});
