import type * as z from "zod";
import { DEFAULT_COOLING_OFF_HOURS, HIGH_VALUE_DEFAULTS } from "../../access/limits.ts";
import { addressAllowed } from "../../access/network.ts";
import type { createSettingsCommands } from "../../commands/settings.ts";
import type { PayoutPolicy, Settings } from "../../domain/model.ts";
import type { SettingsPatch } from "../../domain/settings.ts";
import { policyOf } from "../../events/wire.ts";
import { settingsKey } from "../../store/keys.ts";
import type { Store } from "../../store/store.ts";
import type { settingsOperations, settingsPatch } from "../contract/settings.ts";
import { answered, type Handlers, refused } from "../operation.ts";

export interface SettingsHandlerDeps {
  readonly store: Pick<Store, "get">;
  readonly settings: ReturnType<typeof createSettingsCommands>;
  /** The deployment's, where an organization has none of its own. */
  readonly defaultPolicy: PayoutPolicy;
}

/** Paths of the values that are the organization's own. */
function ownPaths(settings: Settings): string[] {
  const under = (path: string, values: object = {}) => Object.keys(values).map((field) => `${path}.${field}`);
  return [
    ...under("policy", policyOf(settings.policy)),
    ...under("high_value_amounts", settings.highValueMinor),
    ...under("approver_limit_amounts", settings.approverLimitMinor),
    ...(settings.coolingOffHours === undefined ? [] : ["cooling_off_hours"]),
    ...(settings.allowedCidrs === undefined ? [] : ["allowed_cidrs"]),
    ...(settings.workingHours === undefined ? [] : ["working_hours"]),
  ].sort();
}

/** What holds for an organization: its own values over the defaults. */
function present(organizationId: string, settings: Settings | undefined, defaultPolicy: PayoutPolicy) {
  return {
    data: {
      organization_id: organizationId,
      version: settings?.version ?? 0,
      policy: policyOf({ ...defaultPolicy, ...settings?.policy }),
      high_value_amounts: { ...HIGH_VALUE_DEFAULTS, ...settings?.highValueMinor },
      approver_limit_amounts: { ...settings?.approverLimitMinor },
      cooling_off_hours: settings?.coolingOffHours ?? DEFAULT_COOLING_OFF_HOURS,
      allowed_cidrs: [...(settings?.allowedCidrs ?? [])],
      working_hours: settings?.workingHours ?? null,
      own: settings === undefined ? [] : ownPaths(settings),
      updated_at: settings?.updatedAt ?? null,
    },
  };
}

function patchOf(body: z.output<typeof settingsPatch>): SettingsPatch {
  const { policy } = body;
  const percent = policy?.holdback_percentage;
  return {
    ...(policy === undefined
      ? {}
      : {
          policy: {
            holdbackBp: typeof percent === "number" ? Math.round(percent * 100) : percent,
            guaranteeDays: policy.guarantee_days,
            triggerEvent: policy.trigger_event,
            approval: policy.approval,
            timeZone: policy.time_zone,
          },
        }),
    highValueMinor: body.high_value_amounts,
    approverLimitMinor: body.approver_limit_amounts,
    coolingOffHours: body.cooling_off_hours,
    allowedCidrs: body.allowed_cidrs,
    workingHours: body.working_hours,
  };
}

/** What an organization decides for itself, over the deployment's defaults. */
export function createSettingsHandlers(deps: SettingsHandlerDeps): Handlers<typeof settingsOperations> {
  const { store, settings: commands, defaultPolicy } = deps;
  return {
    async getSettings({ caller: { organizationId } }) {
      const settings = await store.get("settings", settingsKey(organizationId));
      return answered(present(organizationId, settings, defaultPolicy));
    },

    async updateSettings({ caller: { organizationId, sourceIp }, body, ifMatch, act }) {
      if (ifMatch === undefined) return refused("version_missing");
      const allowedCidrs = body.allowed_cidrs ?? [];
      if (!addressAllowed({ allowedCidrs }, sourceIp)) {
        const message = `allowed_cidrs must contain your own address, ${sourceIp}: you would lock yourself out`;
        return refused("invalid_request", message, "allowed_cidrs");
      }
      return act(
        (origin) => commands.updateSettings({ ...origin, expectedVersion: ifMatch, patch: patchOf(body) }),
        (_changes, settings) => present(organizationId, settings, defaultPolicy),
      );
    },
  };
}
