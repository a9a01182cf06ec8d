#!/bin/sh
# The agent with the settings of the service, such as: decloud-agent --check-config
exec /usr/lib/decloud/decloud-agent --config-folder=/etc/decloud "$@"
