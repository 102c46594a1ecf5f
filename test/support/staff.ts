/** People who work for a test cloud's organizations, and what they do through its API. */
import type { Document } from "../../local/report.ts";
import type { OperationId } from "../../shared/api/contract/operations.ts";
import { payoutIdFor } from "../../shared/commands/records.ts";
import { type ApiAnswer, type Asked, createTestApi, type Person, type TestApi } from "./api.ts";
import type { CommandAnswer, TestCloud } from "./cloud.ts";

/** So much is high value that one approver will do, unless a test says otherwise. */
const HIGH_VALUE = { USD: 1_000_000_000_000, EUR: 1_000_000_000_000 };
/** Changes settings where a test names nobody. */
const ADMIN = "adam";

export type Staff = ReturnType<typeof createStaff>;

export function createStaff(cloud: Pick<TestCloud, "local" | "document">) {
  const opened = new Map<string, Promise<void>>();
  let api: TestApi | undefined;

  /** Everybody has the role of an admin: what keeps people apart here is who has done what. */
  function employ(organizationId: string, subject: string): Promise<Person> {
    api ??= createTestApi(cloud);
    return api.person(organizationId, "admin", { subject });
  }

  async function changeSettings(person: Person, body: Document): Promise<ApiAnswer> {
    const { data } = await person.ok("getSettings");
    return person.call("updateSettings", { version: data.version, body });
  }

  async function setOwn(organizationId: string, body: Document): Promise<void> {
    const { status, text } = await changeSettings(await employ(organizationId, ADMIN), body);
    if (status !== 200) throw new Error(`settings of ${organizationId}: ${text}`);
  }

  /** Ready to act at once. */
  async function prepare(organizationId: string, ...subjects: readonly string[]): Promise<void> {
    const opening = opened.get(organizationId) ?? setOwn(organizationId, { high_value_amounts: HIGH_VALUE });
    opened.set(organizationId, opening);
    await opening;
    await Promise.all(subjects.map((subject) => employ(organizationId, subject)));
  }

  return {
    prepare,

    /** Values of the organization's own, as `updateSettings` takes them. */
    async settings(organizationId: string, body: Document): Promise<void> {
      await prepare(organizationId);
      await setOwn(organizationId, body);
    },

    /** A command by its short name, as the API's operation that it stands for. */
    async command({ command, organization_id, by, ...fields }: Document): Promise<CommandAnswer> {
      const organizationId = String(organization_id);
      const subject = String(by ?? whoDoes(command));
      await prepare(organizationId, subject);
      const person = await employ(organizationId, subject);
      if (command === "set_policy") return answerOf(await changeSettings(person, { policy: policyOf(fields.policy) }));
      const { operation, ...asked } = operationOf(command, fields);
      return answerOf(await person.call(operation, asked));
    },
  };
}

/** Who approves can't send: by default different people do. */
function whoDoes(command: unknown): string {
  if (command === "approve_payout" || command === "reject_payout") return "olga";
  return command === "set_policy" ? ADMIN : "sven";
}

type Operation = Asked & { readonly operation: OperationId };

function operationOf(command: unknown, fields: Document): Operation {
  const { payout_id, hold_id, schedule_id, transfer_id, ...body } = fields;
  const about = (operation: OperationId, id: unknown): Operation => ({ operation, params: { id: String(id) }, body });
  switch (command) {
    case "approve_payout":
      return about("approvePayout", payout_id);
    case "reject_payout":
      return about("rejectPayout", payout_id);
    case "release_hold":
      return about("releaseEscrowHold", hold_id);
    case "trigger_schedule":
      return about("triggerPayoutSchedule", schedule_id);
    case "retry_transfer":
      return about("retryPayout", payoutIdFor(String(transfer_id)));
    case "reverse_transfer":
      return about("reverseTransfer", transfer_id);
    default:
      throw new TypeError(`no command ${String(command)}`);
  }
}

function policyOf(policy: unknown): Document {
  const { holdback_bp, ...rest } = policy as Document;
  return { ...rest, ...(holdback_bp === undefined ? {} : { holdback_percentage: Number(holdback_bp) / 100 }) };
}

function answerOf({ status, json }: ApiAnswer): CommandAnswer {
  if (status < 300) return { ok: true, result: json.data };
  const { code, detail, field } = json;
  return { ok: false, error: { code, message: detail, ...(field === undefined ? {} : { field }) } };
}
