import type { ReactNode } from "react";
import { Money } from "../../display/money.tsx";
import { sectionWords } from "./section-words.ts";
import classes from "./settings.module.css";
import { type AmountField, isOwn, type Settings, type SettingsDraft } from "./settings-draft.ts";
import { SettingsSection } from "./settings-section.tsx";
import {
  approvalWords,
  daysText,
  hoursText,
  percentText,
  settingWords,
  triggerWords,
  workingHoursText,
} from "./settings-words.ts";

/** The settings that hold, for reading; what is the organization's own is told from the defaults. */
export function SettingsView({ settings }: { settings: Settings }) {
  const { policy } = settings;
  return (
    <div className={classes.sections}>
      <div className={classes.column}>
        <SettingsSection {...sectionWords.policy}>
          <dl className={classes.rows}>
            <Row settings={settings} field="holdback_percentage" path="policy.holdback_percentage">
              {percentText(policy.holdback_percentage)}
            </Row>
            <Row settings={settings} field="guarantee_days" path="policy.guarantee_days">
              {daysText(policy.guarantee_days)}
            </Row>
            <Row settings={settings} field="trigger_event" path="policy.trigger_event">
              {triggerWords[policy.trigger_event]}
            </Row>
            <Row settings={settings} field="approval" path="policy.approval">
              {approvalWords[policy.approval]}
            </Row>
            <Row settings={settings} field="time_zone" path="policy.time_zone">
              {policy.time_zone}
            </Row>
          </dl>
        </SettingsSection>
        <SettingsSection {...sectionWords.safety}>
          <dl className={classes.rows}>
            <Row settings={settings} field="cooling_off_hours" path="cooling_off_hours">
              {hoursText(settings.cooling_off_hours)}
            </Row>
            <Row settings={settings} field="allowed_cidrs">
              <Ranges ranges={settings.allowed_cidrs} />
            </Row>
            <Row settings={settings} field="working_hours">
              {workingHoursText(settings.working_hours)}
            </Row>
          </dl>
        </SettingsSection>
      </div>
      <div className={classes.column}>
        <SettingsSection {...sectionWords.amounts}>
          <dl className={classes.rows}>
            <Row settings={settings} field="high_value_amounts">
              <Amounts settings={settings} field="high_value_amounts" none="every payout is high value" />
            </Row>
            <Row settings={settings} field="approver_limit_amounts">
              <Amounts settings={settings} field="approver_limit_amounts" none="no limit" />
            </Row>
          </dl>
        </SettingsSection>
      </div>
    </div>
  );
}

interface RowProps {
  readonly settings: Settings;
  readonly field: keyof SettingsDraft;
  /** Of a value that has a default: tells which of the two it is. */
  readonly path?: string;
  readonly children: ReactNode;
}

function Row({ settings, field, path, children }: RowProps) {
  const { label, description } = settingWords[field];
  return (
    <div className={classes.row}>
      <dt>
        {label}
        <span className={classes.description}>{description}</span>
      </dt>
      <dd>
        {children}
        {path !== undefined && !isOwn(settings, path) && <span className={classes.origin}>default</span>}
      </dd>
    </div>
  );
}

function Amounts({ settings, field, none }: { settings: Settings; field: AmountField; none: string }) {
  const amounts = Object.entries(settings[field]).toSorted(([a], [b]) => a.localeCompare(b));
  if (amounts.length === 0) return none;
  return (
    <ul className={classes.amounts}>
      {amounts.map(([currency, amount]) => (
        <li key={currency}>
          <Money amountMinor={amount} currency={currency} />
          <span className={classes.origin}>{isOwn(settings, `${field}.${currency}`) ? "" : "default"}</span>
        </li>
      ))}
    </ul>
  );
}

function Ranges({ ranges }: { ranges: readonly string[] }) {
  if (ranges.length === 0) return "every address";
  return (
    <ul className={classes.ranges}>
      {ranges.map((range) => (
        <li key={range}>{range}</li>
      ))}
    </ul>
  );
}
