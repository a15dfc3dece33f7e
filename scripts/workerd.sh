#!/bin/sh
# Runs workerd so that only `npm start` ends it. Ctrl-C in a terminal reaches every process of the group, and workerd would
# end before the calls in flight are settled.
trap '' INT HUP
# On Linux, the system ends workerd with `npm start`, which cannot do so if it is killed itself.
if setpriv --pdeathsig KILL true 2>/dev/null; then
  exec setpriv --pdeathsig KILL "$MCPNEST_WORKERD" "$@"
fi
exec "$MCPNEST_WORKERD" "$@"
