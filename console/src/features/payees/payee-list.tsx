import { Link } from "@tanstack/react-router";
import { answerOf } from "../../api/api-problem.ts";
import { Instant } from "../../display/instants.tsx";
import { Money } from "../../display/money.tsx";
import { StatusBadge } from "../../display/status-badge.tsx";
import { exportPageOf } from "../../list/export-page.ts";
import type { ListDefinition } from "../../list/list-definition.ts";
import { currentDestination, formatDestination } from "../payouts/destinations.ts";
import { CoolingOff } from "./cooling-off.tsx";
import { payeeActions } from "./payee-actions.ts";
import type { Payee } from "./payee-values.ts";

/** Pages of the export, which is the list's own CSV: the API has no other one for payees. */
const EXPORT_ROWS = 100;

export const payeeList: ListDefinition<Payee> = {
  name: "payees",
  one: "payee",
  many: "payees",
  searchLabel: "Narrow by name, or Enter for an id",
  defaultSort: "-date",
  columns: [
    {
      id: "name",
      header: "Name",
      primary: true,
      cell: ({ id, name }) => (
        <Link to="/payees/$id" params={{ id }} search={{}}>
          {name}
        </Link>
      ),
      text: ({ name }) => name,
    },
    { id: "id", header: "Id", cell: ({ id }) => id, text: ({ id }) => id },
    {
      id: "destination",
      header: "Paid to",
      cell: (payee) => <PaidTo payee={payee} />,
      text: ({ destinations }) => destinations.map(formatDestination).join(" "),
    },
    {
      id: "currency",
      header: "Currency",
      cell: ({ default_currency }) => default_currency,
      text: ({ default_currency }) => default_currency,
    },
    {
      id: "verified",
      header: "Verified",
      cell: ({ verified }) => (verified ? "Yes" : "No"),
    },
    { id: "tier", header: "Tier", cell: ({ tier }) => tier ?? "–", text: ({ tier }) => tier ?? "" },
    {
      id: "email",
      header: "E-mail",
      cell: ({ email }) => email ?? "–",
      text: ({ email }) => email ?? "",
    },
    {
      id: "country",
      header: "Country",
      optional: true,
      cell: ({ country }) => country ?? "–",
      text: ({ country }) => country ?? "",
    },
    {
      id: "frequency",
      header: "Paid how often",
      optional: true,
      cell: ({ payout_frequency }) => payout_frequency ?? "–",
      text: ({ payout_frequency }) => payout_frequency ?? "",
    },
    {
      id: "minimum",
      header: "Minimum payout",
      optional: true,
      align: "right",
      cell: ({ minimum_payout: minimum, default_currency: currency }) =>
        minimum === null ? "–" : <Money amountMinor={minimum} currency={currency} />,
    },
    {
      id: "changed",
      header: "Destinations changed",
      optional: true,
      cell: ({ destination_changed_at }) => <Instant at={destination_changed_at} empty="never" />,
    },
    {
      id: "created",
      header: "Created",
      sort: "date",
      cell: ({ created_at }) => <Instant at={created_at} only="date" />,
    },
  ],
  filters: [],
  presets: [],
  fetchPage: (api, query, signal) => answerOf(api.GET("/v2/payees", { params: { query }, signal })),
  fetchExport: (api, query, signal) =>
    exportPageOf(
      api.GET("/v2/payees", {
        params: { query: { ...query, limit: EXPORT_ROWS } },
        headers: { accept: "text/csv" },
        signal,
        parseAs: "text",
      }),
    ),
  actions: payeeActions,
  empty: "They come over the bus from the systems that know them, or are entered here.",
};

function PaidTo({ payee }: { payee: Payee }) {
  const used = currentDestination(payee);
  if (used === undefined) return <StatusBadge status="void" label="no destination" />;
  return (
    <>
      {formatDestination(used)} <CoolingOff payee={payee} />
    </>
  );
}
