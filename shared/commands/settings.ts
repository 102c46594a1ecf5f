import type { Decision } from "../domain/decision.ts";
import type { Settings } from "../domain/model.ts";
import { type SettingsPatch, updateSettings } from "../domain/settings.ts";
import { settingsKey } from "../store/keys.ts";
import { type CommandOrigin, contextOf } from "./origin.ts";
import { decideAndCommit, type Surroundings } from "./run.ts";

export interface UpdateSettings extends CommandOrigin {
  /** The version that the caller has read; 0 where there were no settings yet. */
  readonly expectedVersion: number;
  readonly patch: SettingsPatch;
}

/** Changes what an organization decides for itself. The value is what it has decided now. */
export function createSettingsCommands(surroundings: Surroundings) {
  return {
    updateSettings(command: UpdateSettings): Promise<Decision<Settings | undefined>> {
      const { organizationId, expectedVersion, patch, receipt } = command;
      return decideAndCommit(
        surroundings,
        async () => {
          const settings = await surroundings.store.get("settings", settingsKey(organizationId));
          const update = { organizationId, version: expectedVersion, patch };
          return { decision: updateSettings(settings, update, contextOf(command, surroundings.now())) };
        },
        receipt,
      );
    },
  };
}
