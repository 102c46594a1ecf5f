import { Code, Text } from "@mantine/core";
import { IconAlertTriangle, IconHourglass } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { Id } from "../../display/ids.tsx";
import { Distance, Instant } from "../../display/instants.tsx";
import { Money } from "../../display/money.tsx";
import { spelled, titled } from "../../display/status-badge.tsx";
import { type Blocker, fixerOf, isTrouble, remedyFor, titleOfBlocker } from "./blocker-words.ts";
import classes from "./payout.module.css";
import type { Payout } from "./payout-duties.ts";
import type { PayoutParts } from "./payout-parts.ts";

interface PayoutBlockersProps {
  readonly payout: Payout;
  readonly blockers: readonly Blocker[];
  readonly parts: PayoutParts | undefined;
  /** Shows a schedule, a hold or a transfer beside the page. */
  readonly onOpen: (id: string) => void;
}

/** Why it isn't paid, or not wholly: what is in the way, since when, who can change it, and when the system looks again. */
export function PayoutBlockers({ payout, blockers, parts, onOpen }: PayoutBlockersProps) {
  const inOrder = [...blockers.filter(isTrouble), ...blockers.filter((blocker) => !isTrouble(blocker))];
  return (
    <ul className={classes.blockers}>
      {inOrder.map((blocker) => (
        <li key={`${blocker.code} ${blocker.entity_id}`} data-trouble={isTrouble(blocker) || undefined}>
          {isTrouble(blocker) ? (
            <IconAlertTriangle size={18} stroke={1.8} aria-label="Something is in the way" />
          ) : (
            <IconHourglass size={18} stroke={1.6} aria-hidden />
          )}
          <div>
            <Text size="sm" fw={600} component="div">
              {titleOfBlocker(blocker)} <PartAmount blocker={blocker} parts={parts} />{" "}
              <Code fz="xs">{blocker.code}</Code>
            </Text>
            <BlockerDetail blocker={blocker} onOpen={onOpen} />
            <BlockerRemedy blocker={blocker} payout={payout} parts={parts} />
          </div>
        </li>
      ))}
    </ul>
  );
}

/** How much of the payout it concerns, where it concerns a part. */
function PartAmount({ blocker: { entity_id }, parts }: { blocker: Blocker; parts: PayoutParts | undefined }) {
  const { schedules = [], holds = [], transfers = [] } = parts ?? {};
  const part = [...schedules, ...transfers].find(({ id }) => id === entity_id);
  if (part !== undefined) return <Money amountMinor={part.amount} currency={part.currency} />;
  const hold = holds.find(({ id }) => id === entity_id);
  return hold === undefined ? null : <Money amountMinor={hold.hold_amount} currency={hold.currency} />;
}

const opens: ReadonlySet<string> = new Set(["payout_schedule", "escrow_hold", "transfer"]);

function BlockerDetail({ blocker, onOpen }: { blocker: Blocker; onOpen: (id: string) => void }) {
  const { detail, entity_id, entity_type, since, next_check_at: next } = blocker;
  return (
    <Text size="sm" c="dimmed" component="div">
      {detail !== null && <>{/^[a-z_]+$/.test(detail) ? titled(detail) : sentence(detail)} · </>}
      since <Instant at={since} />
      {next !== null && (
        <>
          {" "}
          · next look <Distance at={next} />
        </>
      )}
      {opens.has(entity_type) && (
        <>
          {" "}
          ·{" "}
          <button type="button" className={classes.link} onClick={() => onOpen(entity_id)}>
            {titled(entity_type.replace("payout_", "").replace("escrow_", ""))} <Id id={entity_id} />
          </button>
        </>
      )}
      {entity_type === "sending_control" && <> · {spelled(entity_id)}</>}
    </Text>
  );
}

/** Begins like a sentence and has no end: more follows in the line. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`.replace(/\.$/, "");
}

interface BlockerRemedyProps {
  readonly blocker: Blocker;
  readonly payout: Payout;
  readonly parts: PayoutParts | undefined;
}

function BlockerRemedy({ blocker, payout, parts }: BlockerRemedyProps) {
  const remedy = remedyFor(blocker, payout.payee_id);
  const fixer = fixerOf(blocker, parts?.transfers ?? []);
  if (fixer === undefined) return null;
  return (
    <Text size="sm" component="div">
      {fixer}
      {remedy !== undefined && (
        <>
          {" "}
          {remedy.to === "/payees/$id" ? (
            <Link to="/payees/$id" params={{ id: remedy.payeeId }} search={{}} className={classes.inline}>
              {remedy.label}
            </Link>
          ) : (
            <Link to={remedy.to} search={remedy.search} className={classes.inline}>
              {remedy.label}
            </Link>
          )}
        </>
      )}
    </Text>
  );
}
