import { IconArrowRight } from "@tabler/icons-react";
import { isSupportedCurrency } from "../../../../shared/domain/currencies.ts";
import { shortId } from "../../display/ids.tsx";
import { formatAmount, Money } from "../../display/money.tsx";
import { StatusBadge } from "../../display/status-badge.tsx";
import { Actor } from "./actor.tsx";
import type { AuditEntry } from "./audit-list.tsx";
import classes from "./entry.module.css";
import { type EntryGist, gistOf } from "./entry-gist.ts";
import { describeAction, entityWord } from "./entry-words.ts";

/** One line of the audit log in passing: what happened to what, how much money, by whom and why. */
export function EntryHead({ entry }: { entry: AuditEntry }) {
  const { action, old_status: old, new_status: now, entity_type, entity_id, reason, metadata } = entry;
  const { words, money } = gistOf(entry);
  return (
    <span className={classes.head}>
      <span className={classes.what}>
        <span className={classes.title}>{describeAction(action)}</span>
        {metadata.problem !== undefined && <StatusBadge status="broken" label="no command" />}
        {money !== undefined && <GistMoney money={money} />}
        {now !== null && old !== now && (
          <span className={classes.statuses}>
            {old !== null && (
              <>
                <StatusBadge status={old} />
                <IconArrowRight size={14} stroke={1.6} role="img" aria-label="became" />
              </>
            )}
            <StatusBadge status={now} />
          </span>
        )}
        {words !== undefined && <span className={classes.quiet}>{words}</span>}
        {reason !== null && <span className={classes.reason}>“{reason}”</span>}
      </span>
      <span className={classes.record} title={entity_id}>
        {entityWord(entity_type)} {shortId(entity_id)}
      </span>
      <Actor entry={entry} />
    </span>
  );
}

function GistMoney({ money: { before, after, currency } }: { money: NonNullable<EntryGist["money"]> }) {
  if (!isSupportedCurrency(currency)) return null;
  return (
    <span>
      {before !== undefined && `${formatAmount(before, currency)} → `}
      <Money amountMinor={after} currency={currency} />
    </span>
  );
}
