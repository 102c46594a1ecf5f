import { Stack, Text } from "@mantine/core";
import type * as z from "zod";
import { settingsPatch } from "../../../../shared/api/contract/settings.ts";
import { ActionDialog } from "../../action/action-dialog.tsx";
import { answerOf } from "../../api/api-problem.ts";
import { useApi } from "../../session/console-context.tsx";
import classes from "./settings.module.css";
import { patchOf, type Settings, type SettingsDraft } from "./settings-draft.ts";
import type { SettingChange } from "./settings-words.ts";

interface SaveDialogProps {
  readonly draft: SettingsDraft;
  readonly base: Settings;
  readonly changes: readonly SettingChange[];
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

/** Shows what will be different, old beside new, and saves it for the version that was read. */
export function SaveDialog({ draft, base, changes, onClose, onSaved }: SaveDialogProps) {
  const api = useApi();
  const patch = patchOf(draft, base);
  return (
    <ActionDialog<Record<string, never>, z.output<typeof settingsPatch>, unknown>
      title="Change settings"
      consequence={
        <Stack gap="xs">
          <table className={classes.changes}>
            <thead>
              <tr>
                <th scope="col">Setting</th>
                <th scope="col">Now</th>
                <th scope="col">Then</th>
              </tr>
            </thead>
            <tbody>
              {changes.map(({ label, from, to }) => (
                <tr key={label}>
                  <th scope="row">{label}</th>
                  <td>{from}</td>
                  <td>
                    <b>{to}</b>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {"policy" in patch && (
            <Text size="sm">Payouts that exist already keep the policy that they were made under.</Text>
          )}
          {Object.keys(patch).some((field) => field !== "policy") && (
            <Text size="sm">Limits and allowed addresses hold within 30 seconds, for everybody.</Text>
          )}
        </Stack>
      }
      schema={settingsPatch}
      initialValues={{}}
      toBody={() => patch}
      confirm={changes.length === 1 ? "Save 1 change" : `Save ${changes.length} changes`}
      run={(body) =>
        answerOf(api.PATCH("/v2/settings", { params: { header: { "If-Match": `"${base.version}"` } }, body }))
      }
      done={() => "Settings are changed"}
      onDone={onSaved}
      onClose={onClose}
    />
  );
}
