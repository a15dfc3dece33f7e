import { Menu } from "@base-ui/react/menu";
import { MoreHorizontal } from "lucide-react";
import { IconButton } from "../../ui/button.tsx";
import type { TokenAction } from "./token-actions.tsx";
import type { ListedToken } from "./token-columns.tsx";

interface Props {
  token: ListedToken;
  /** The actions that are possible for this token. */
  actions: TokenAction[];
  onChoose: (kind: TokenAction["kind"]) => void;
}

/** The menu of a token in the table; nothing if no action is possible. */
export function TokenMenu({ token, actions, onChoose }: Props) {
  if (actions.length === 0) return null;
  return (
    <Menu.Root>
      <Menu.Trigger
        render={
          <IconButton label={`Actions for ${token.label}`}>
            <MoreHorizontal className="size-4" aria-hidden />
          </IconButton>
        }
      />
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} align="end" className="z-50">
          <Menu.Popup className="popup w-48 p-1">
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
