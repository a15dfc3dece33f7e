import { Menu } from "@base-ui/react/menu";
import { Link } from "@tanstack/react-router";
import { MoreHorizontal } from "lucide-react";
import { useState } from "react";
import { IconButton } from "../../ui/button.tsx";
import { useCloseOnNavigation } from "../../ui/use-close-on-navigation.ts";
import type { PeopleAction } from "./people-actions.tsx";
import type { Person } from "./person-status.tsx";

interface Props {
  slug: string;
  person: Person;
  /** The actions that are possible for this person. */
  actions: PeopleAction[];
  onChoose: (kind: PeopleAction["kind"]) => void;
}

/** The menu of a person in the table. */
export function PersonMenu({ slug, person, actions, onChoose }: Props) {
  const [isOpen, setIsOpen] = useState(false);
  useCloseOnNavigation(isOpen, () => setIsOpen(false));
  return (
    <Menu.Root open={isOpen} onOpenChange={setIsOpen}>
      <Menu.Trigger
        render={
          <IconButton label={`Actions for ${person.name}`}>
            <MoreHorizontal className="size-4" aria-hidden />
          </IconButton>
        }
      />
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} align="end" className="z-50">
          <Menu.Popup className="popup w-52 p-1">
            <Menu.LinkItem
              closeOnClick
              className="menu-item"
              render={<Link to="/w/$slug/audit" params={{ slug }} search={{ member: person.id }} />}
            >
              View calls
            </Menu.LinkItem>
            <Menu.LinkItem
              closeOnClick
              className="menu-item"
              render={<Link to="/w/$slug/access" params={{ slug }} search={{ q: person.name }} />}
            >
              View access
            </Menu.LinkItem>
            {actions.map(({ kind, label, isDangerous }) => (
              <Menu.Item
                key={kind}
                className={isDangerous ? "menu-item text-bad" : "menu-item"}
                onClick={() => onChoose(kind)}
              >
                {label}
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
