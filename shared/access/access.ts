import type * as z from "zod";
import { subject as subjectSchema } from "../api/fields.ts";
import type { RoleAssignment, Settings } from "../domain/model.ts";
import { organizationId as organizationIdSchema } from "../events/inbound.ts";
import { roleAssignmentKey, settingsKey } from "../store/keys.ts";
import type { Store } from "../store/store.ts";

/** How long what was read may be relied on: a role that is taken away works this much longer at the most. */
const TRUSTED_MS = 30_000;
const MAX_ENTRIES = 1_000;

/** Roles or settings can't be read, so nobody is let in on what was known before. */
export class AccessUnavailable extends Error {
  override readonly name = "AccessUnavailable";
}

/** What one person may do, as it is decided by the table. */
export interface Grants {
  /** Active; absent where the person has no role. */
  readonly assignment?: RoleAssignment;
  readonly settings?: Settings;
}

export interface AccessOptions {
  readonly store: Pick<Store, "get">;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export type Access = ReturnType<typeof createAccess>;

const matches = (schema: z.ZodType, value: string) => schema.safeParse(value).success;

/** A bounded memory of values and when each was read; the oldest goes first. */
function createMemory<Value>(now: () => number) {
  const entries = new Map<string, { readonly value: Value; readonly readAt: number }>();
  return {
    recall(key: string): Value | undefined {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      const ageMs = now() - entry.readAt;
      return ageMs >= 0 && ageMs < TRUSTED_MS ? entry.value : undefined;
    },
    /** `readAt` is when reading began: what changed while it went on counts as later. */
    keep(key: string, value: Value, readAt: number): void {
      entries.delete(key);
      entries.set(key, { value, readAt });
      const [oldest] = entries.keys();
      if (entries.size > MAX_ENTRIES && oldest !== undefined) entries.delete(oldest);
    },
  };
}

/**
 * Who may do what, from the table, remembered for 30 s. That somebody has no role is never remembered: a role counts
 * from the moment in which it is given.
 */
export function createAccess({ store, now }: AccessOptions) {
  const assignments = createMemory<RoleAssignment>(now);
  const settingsByOrganization = createMemory<{ readonly settings?: Settings }>(now);

  async function assignmentOf(organizationId: string, subject: string): Promise<RoleAssignment | undefined> {
    const key = `${organizationId}#${subject}`;
    const known = assignments.recall(key);
    if (known !== undefined) return known;
    const readAt = now();
    const assignment = await store.get("role_assignment", roleAssignmentKey(organizationId, subject));
    if (assignment?.status !== "active") return undefined;
    assignments.keep(key, assignment, readAt);
    return assignment;
  }

  async function settingsOf(organizationId: string): Promise<{ readonly settings?: Settings }> {
    const known = settingsByOrganization.recall(organizationId);
    if (known !== undefined) return known;
    const readAt = now();
    const settings = await store.get("settings", settingsKey(organizationId));
    const found = settings === undefined ? {} : { settings };
    settingsByOrganization.keep(organizationId, found, readAt);
    return found;
  }

  return {
    /** A person's active role and the organization's settings, 30 s old at the most. Throws `AccessUnavailable`. */
    async load(organizationId: string, subject: string): Promise<Grants> {
      if (!matches(organizationIdSchema, organizationId) || !matches(subjectSchema, subject)) return {};
      try {
        const [assignment, found] = await Promise.all([
          assignmentOf(organizationId, subject),
          settingsOf(organizationId),
        ]);
        return { ...found, ...(assignment === undefined ? {} : { assignment }) };
      } catch (error) {
        throw new AccessUnavailable("roles or settings can't be read", { cause: error });
      }
    },
  };
}
