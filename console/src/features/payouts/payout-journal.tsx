import { Text } from "@mantine/core";
import { Id } from "../../display/ids.tsx";
import { Instant } from "../../display/instants.tsx";
import { formatAmount } from "../../display/money.tsx";
import { StatusBadge, titled } from "../../display/status-badge.tsx";
import { balancesOf, isBalanced, type JournalEntry, type Posting } from "./journal-entries.ts";
import classes from "./payout.module.css";

/** Every entry with its debits and credits, and what they leave on each account. */
export function PayoutJournal({ entries, currency }: { entries: readonly JournalEntry[]; currency: string }) {
  if (entries.length === 0) return <Text size="sm">Nothing has been posted yet.</Text>;
  const balanced = entries.every(({ postings }) => isBalanced(postings));
  return (
    <div className={classes.journal}>
      {entries.map(({ id, at, kind, postings, causeId }) => (
        <div key={id}>
          <div className={classes.entryHead}>
            <b>{titled(kind)}</b>
            <span className={classes.quiet}>
              <Instant at={at} /> · for <Id id={causeId} />
            </span>
          </div>
          <Postings label={`${titled(kind)} ${id}`} postings={postings} currency={currency} />
        </div>
      ))}
      <div>
        <div className={classes.entryHead}>
          <b>Together</b>
          <StatusBadge status={balanced ? "intact" : "broken"} label={balanced ? "balanced" : "not balanced"} />
        </div>
        <Postings label="What is left on each account" postings={balancesOf(entries)} currency={currency} />
      </div>
    </div>
  );
}

interface PostingsProps {
  readonly label: string;
  readonly postings: readonly Posting[];
  readonly currency: string;
}

function Postings({ label, postings, currency }: PostingsProps) {
  return (
    <table className={classes.postings}>
      <caption>{label}</caption>
      <thead>
        <tr>
          <th scope="col">Account</th>
          <th scope="col">Debit {currency}</th>
          <th scope="col">Credit {currency}</th>
        </tr>
      </thead>
      <tbody>
        {postings.map(({ account, amountMinor }) => (
          <tr key={account}>
            <th scope="row">{titled(account)}</th>
            <td>{amountMinor > 0 ? formatAmount(amountMinor, currency) : ""}</td>
            <td>{amountMinor < 0 ? formatAmount(-amountMinor, currency) : amountMinor === 0 ? "0" : ""}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
