import * as z from "zod";
import { subject } from "../api/fields.ts";
import type { Decision } from "../domain/decision.ts";
import { bootstrapSuperAdmin } from "../domain/role-assignment.ts";
import { organizationId, text } from "../events/inbound.ts";
import { PLATFORM } from "../store/keys.ts";
import { contextOf } from "./origin.ts";
import { readRoleState } from "./roles.ts";
import { decideAndCommit, type Surroundings } from "./run.ts";
import { createSending } from "./sending.ts";

const by = text(128);
const control = z.enum(["all", "stripe"], { error: "all or stripe" });

/** What the owner of the deployment may do by invoking the function; the right to do so is an IAM permission. */
export const platformCommandSchema = z.discriminatedUnion(
  "command",
  [
    z.strictObject({ command: z.literal("bootstrap_super_admin"), organization_id: organizationId, subject, by }),
    z.strictObject({ command: z.literal("pause_sending"), control, by, reason: text(500) }),
    z.strictObject({ command: z.literal("resume_sending"), control, by }),
  ],
  { error: "bootstrap_super_admin, pause_sending or resume_sending" },
);
export type PlatformCommand = z.output<typeof platformCommandSchema>;

export type PlatformAdministration = ReturnType<typeof createPlatformAdministration>;

/** For when nobody has a role yet, or the API is out of reach: the first super_admin, and a stop for the whole deployment. */
export function createPlatformAdministration(surroundings: Surroundings) {
  const { store, now } = surroundings;
  const sending = createSending(surroundings);

  return {
    async run(command: PlatformCommand, correlationId: string): Promise<Decision<object>> {
      const actor = { type: "user" as const, id: command.by, role: "platform_owner" };
      const origin = { organizationId: PLATFORM, actor, correlationId };
      switch (command.command) {
        case "bootstrap_super_admin": {
          const { organization_id, subject } = command;
          return decideAndCommit<object>(surroundings, async () => {
            const state = await readRoleState(store, organization_id, { subject, grantor: subject });
            const grant = { organizationId: organization_id, subject };
            return { decision: bootstrapSuperAdmin(grant, state, contextOf(origin, now())) };
          });
        }
        case "pause_sending":
          return sending.pause({ ...origin, provider: command.control, reason: command.reason });
        case "resume_sending":
          return sending.resume({ ...origin, provider: command.control });
      }
    },
  };
}
