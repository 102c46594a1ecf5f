import { Alert, Button, Group, Input, Select, Stack, Switch, Text, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { DecimalInput } from "../../action/decimal-input.tsx";
import { AmountRows } from "./amount-rows.tsx";
import { LeaveGuard } from "./leave-guard.tsx";
import { OwnAddressNotice } from "./own-address-notice.tsx";
import { OwnValue } from "./own-value.tsx";
import { SaveDialog } from "./save-dialog.tsx";
import { sectionWords } from "./section-words.ts";
import classes from "./settings.module.css";
import { amountFields, cidrLines, draftOf, rebased, type Settings, type SettingsDraft } from "./settings-draft.ts";
import { errorsOf } from "./settings-errors.ts";
import { SettingsSection } from "./settings-section.tsx";
import { approvalWords, changesOf, settingWords, triggerWords } from "./settings-words.ts";

const WORKING_HOURS = { from: 8, to: 18 };

const optionsOf = (words: Readonly<Record<string, string>>) =>
  Object.entries(words).map(([value, label]) => ({ value, label }));

/** Every zone that the browser knows, and UTC, which it may count as no zone. */
function timeZones(present: string): string[] {
  return [...new Set(["UTC", present, ...Intl.supportedValuesOf("timeZone")])];
}

interface SettingsFormProps {
  /** As they are now: may become newer than what is being changed. */
  readonly settings: Settings;
  readonly onClose: () => void;
}

/** All settings as fields. Nothing is saved before the differences were seen. */
export function SettingsForm({ settings, onClose }: SettingsFormProps) {
  const [base, setBase] = useState(settings);
  const [saving, setSaving] = useState(false);
  const form = useForm<SettingsDraft>({
    initialValues: draftOf(settings),
    validate: (values) => errorsOf(values, base),
    validateInputOnBlur: true,
  });
  const draft = form.values;
  const before = draftOf(base);
  const changes = changesOf(draft, base);
  const cidrs = cidrLines(draft.allowed_cidrs);

  const set = <Field extends keyof SettingsDraft>(field: Field, value: SettingsDraft[Field]) => {
    form.setValues({ [field]: value });
    form.clearFieldError(field);
  };
  const own = (field: keyof SettingsDraft, path: string = field) => ({
    base,
    field,
    path,
    givenBack: draft[field] === null,
    changed: draft[field] !== before[field],
    onGiveBack: () => form.setValues({ [field]: null }),
    onKeep: () => form.setValues({ [field]: before[field] }),
  });
  const words = (field: keyof SettingsDraft) => ({ ...settingWords[field], error: form.errors[field] });
  const number = (field: "holdback_percentage" | "guarantee_days" | "cooling_off_hours") => ({
    ...words(field),
    value: draft[field] === null || draft[field] === "" ? undefined : draft[field],
    onChange: (value: number | undefined) => set(field, value ?? ""),
    onBlur: () => form.validateField(field),
    styles: { wrapper: { maxWidth: 180 } },
  });
  const review = form.onSubmit(() => setSaving(true));

  return (
    <>
      <form onSubmit={review} noValidate>
        <Stack gap="md">
          {settings.version > base.version && !saving && (
            <Newer
              onTake={() => {
                form.setValues(rebased(draft, base, settings));
                setBase(settings);
              }}
            />
          )}
          <div className={classes.sections}>
            <div className={classes.column}>
              <SettingsSection {...sectionWords.policy}>
                <Stack gap="md">
                  <OwnValue {...own("holdback_percentage", "policy.holdback_percentage")}>
                    <DecimalInput
                      {...number("holdback_percentage")}
                      suffix=" %"
                      min={0}
                      max={100}
                      decimalScale={2}
                      clampBehavior="none"
                    />
                  </OwnValue>
                  <OwnValue {...own("guarantee_days", "policy.guarantee_days")}>
                    <DecimalInput {...number("guarantee_days")} suffix=" days" min={0} allowDecimal={false} />
                  </OwnValue>
                  <OwnValue {...own("trigger_event", "policy.trigger_event")}>
                    <Select
                      {...words("trigger_event")}
                      data={optionsOf(triggerWords)}
                      value={draft.trigger_event}
                      onChange={(value) => set("trigger_event", value as SettingsDraft["trigger_event"])}
                      allowDeselect={false}
                    />
                  </OwnValue>
                  <OwnValue {...own("approval", "policy.approval")}>
                    <Select
                      {...words("approval")}
                      data={optionsOf(approvalWords)}
                      value={draft.approval}
                      onChange={(value) => set("approval", value as SettingsDraft["approval"])}
                      allowDeselect={false}
                    />
                  </OwnValue>
                  <OwnValue {...own("time_zone", "policy.time_zone")}>
                    <Select
                      {...words("time_zone")}
                      data={timeZones(base.policy.time_zone)}
                      value={draft.time_zone}
                      onChange={(value) => set("time_zone", value)}
                      searchable
                      limit={60}
                      allowDeselect={false}
                      nothingFoundMessage="No such zone"
                    />
                  </OwnValue>
                </Stack>
              </SettingsSection>
              <SettingsSection {...sectionWords.safety}>
                <Stack gap="md">
                  <OwnValue {...own("cooling_off_hours")}>
                    <DecimalInput
                      {...number("cooling_off_hours")}
                      suffix=" hours"
                      min={0}
                      allowDecimal={false}
                      clampBehavior="none"
                    />
                  </OwnValue>
                  <Textarea
                    {...words("allowed_cidrs")}
                    description={`${settingWords.allowed_cidrs.description}. One range a line, such as 203.0.113.0/24; none lets every address in`}
                    value={draft.allowed_cidrs}
                    onChange={(event) => set("allowed_cidrs", event.currentTarget.value)}
                    onBlur={() => form.validateField("allowed_cidrs")}
                    autosize
                    minRows={3}
                    maxRows={12}
                    spellCheck={false}
                    styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
                  />
                  <OwnAddressNotice ranges={cidrs} />
                  <WorkingHours
                    hours={draft.working_hours}
                    error={form.errors.working_hours}
                    onChange={(hours) => set("working_hours", hours)}
                  />
                </Stack>
              </SettingsSection>
            </div>
            <div className={classes.column}>
              <SettingsSection {...sectionWords.amounts}>
                <Stack gap="lg">
                  {amountFields.map((field) => (
                    <AmountRows
                      key={field}
                      field={field}
                      rows={draft[field]}
                      base={base}
                      errors={form.errors}
                      onChange={(rows) => set(field, rows)}
                    />
                  ))}
                </Stack>
              </SettingsSection>
            </div>
          </div>
          <div className={classes.bar}>
            <Text size="sm" aria-live="polite">
              {changes.length === 0
                ? "Nothing changed yet"
                : changes.length === 1
                  ? "1 change"
                  : `${changes.length} changes`}
            </Text>
            <Group gap="xs">
              <Button variant="default" onClick={onClose}>
                {changes.length === 0 ? "Close" : "Discard"}
              </Button>
              <Button type="submit" disabled={changes.length === 0}>
                Review and save
              </Button>
            </Group>
          </div>
        </Stack>
      </form>
      <LeaveGuard unsaved={changes.length} />
      {saving && (
        <SaveDialog draft={draft} base={base} changes={changes} onClose={() => setSaving(false)} onSaved={onClose} />
      )}
    </>
  );
}

/** Somebody else was quicker: what they have changed is shown before anything is saved over it. */
function Newer({ onTake }: { onTake: () => void }) {
  return (
    <Alert color="yellow" role="status">
      <Group justify="space-between" gap="sm">
        <Text size="sm">
          Somebody has changed the settings meanwhile. Take theirs over to go on: what you have changed here stays.
        </Text>
        <Button size="xs" variant="default" onClick={onTake}>
          Take over
        </Button>
      </Group>
    </Alert>
  );
}

interface WorkingHoursProps {
  readonly hours: SettingsDraft["working_hours"];
  readonly error: React.ReactNode;
  readonly onChange: (hours: SettingsDraft["working_hours"]) => void;
}

function WorkingHours({ hours, error, onChange }: WorkingHoursProps) {
  const { label, description } = settingWords.working_hours;
  const hour = (key: "from" | "to", name: string) => (
    <DecimalInput
      label={name}
      value={hours === null || hours[key] === "" ? undefined : hours[key]}
      onChange={(value) => hours !== null && onChange({ ...hours, [key]: value ?? "" })}
      suffix=":00"
      min={0}
      max={24}
      allowDecimal={false}
      w={110}
    />
  );
  return (
    <Stack gap="xs">
      <Switch
        label={`${label} are limited`}
        description={description}
        checked={hours !== null}
        onChange={(event) => onChange(event.currentTarget.checked ? WORKING_HOURS : null)}
      />
      {hours !== null && (
        <Group gap="xs" align="flex-start">
          {hour("from", "From")}
          {hour("to", "To, excluded")}
        </Group>
      )}
      {error !== undefined && (
        <Input.Error size="sm" role="alert">
          {error}
        </Input.Error>
      )}
    </Stack>
  );
}
