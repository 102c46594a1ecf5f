import "@mantine/spotlight/styles.css";
import { useMantineColorScheme } from "@mantine/core";
import { createSpotlight, Spotlight, type SpotlightActionData } from "@mantine/spotlight";
import { IconMoon, IconSearch, IconSun } from "@tabler/icons-react";
import { type UseNavigateResult, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { usePages } from "./shell.tsx";

const [store, palette] = createSpotlight();

/** Everything by keyboard: pages, an id that was pasted, the scheme. */
export function CommandPalette({ onClose }: { onClose: () => void }) {
  const shown = usePages();
  const navigate = useNavigate();
  const { setColorScheme } = useMantineColorScheme();
  const [query, setQuery] = useState("");
  useEffect(() => palette.open(), []);

  const actions: SpotlightActionData[] = [
    ...shown.map(({ path, title, icon: Icon, keywords }) => ({
      id: path,
      label: title,
      keywords,
      leftSection: <Icon size={18} stroke={1.6} />,
      onClick: () => void navigate({ to: path, search: {} }),
    })),
    ...lookUps(query.trim(), navigate).map(({ label, go }) => ({
      id: label,
      label,
      leftSection: <IconSearch size={18} stroke={1.6} />,
      // Found by whatever was typed.
      keywords: query,
      onClick: () => void go(),
    })),
    {
      id: "light",
      label: "Light colours",
      leftSection: <IconSun size={18} stroke={1.6} />,
      onClick: () => setColorScheme("light"),
    },
    {
      id: "dark",
      label: "Dark colours",
      leftSection: <IconMoon size={18} stroke={1.6} />,
      onClick: () => setColorScheme("dark"),
    },
  ];

  return (
    <Spotlight
      store={store}
      actions={actions}
      query={query}
      onQueryChange={setQuery}
      onSpotlightClose={onClose}
      shortcut={null}
      attributes={{ content: { "aria-label": "Command palette" } }}
      highlightQuery
      scrollable
      maxHeight={420}
      nothingFound="Nothing fits"
      searchProps={{
        leftSection: <IconSearch size={18} stroke={1.6} />,
        placeholder: "A page, or an id of a payout, schedule, hold, transfer, payee or placement",
        "aria-label": "Command palette",
      }}
    />
  );
}

interface LookUp {
  readonly label: string;
  readonly go: () => Promise<void>;
}

/** Where an id leads: its prefix says of what it is; without one it may be a payee's or a placement's. */
function lookUps(id: string, navigate: UseNavigateResult<string>): readonly LookUp[] {
  if (id.length < 3 || /\s/.test(id)) return [];
  switch (/^(po|ps|eh|tr)_/.exec(id)?.[1]) {
    case "po":
      return [{ label: `Payout ${id}`, go: () => navigate({ to: "/payouts/$id", params: { id }, search: {} }) }];
    case "ps":
      return [{ label: `Schedule ${id}`, go: () => navigate({ to: "/payout-schedules", search: { open: id } }) }];
    case "eh":
      return [{ label: `Hold ${id}`, go: () => navigate({ to: "/escrow-holds", search: { open: id } }) }];
    case "tr":
      return [{ label: `Transfer ${id}`, go: () => navigate({ to: "/transfers", search: { open: id } }) }];
    default:
      return [
        { label: `Payee ${id}`, go: () => navigate({ to: "/payees/$id", params: { id }, search: {} }) },
        { label: `Payouts with ${id}`, go: () => navigate({ to: "/payouts", search: { q: id } }) },
        { label: `Schedules with ${id}`, go: () => navigate({ to: "/payout-schedules", search: { q: id } }) },
        { label: `Holds with ${id}`, go: () => navigate({ to: "/escrow-holds", search: { q: id } }) },
        { label: `Audit log of ${id}`, go: () => navigate({ to: "/audit-log", search: { entity_id: id } }) },
      ];
  }
}
