#!/bin/sh
# Runs workerd so that only `npm start` ends it. Ctrl-C in a terminal reaches every process of the group, and workerd would
# end before the calls in flight are settled.
trap '' INT HUP
exec "$MCPNEST_WORKERD" "$@"
