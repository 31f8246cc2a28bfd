# SPDX-License-Identifier: GPL-2.0-or-later
# What ip and nft say about a node, without what differs from one time to the
# next: indices, handles, counters, timers, drawn MAC addresses.  $macs holds
# those that the topology gives, $taps the interfaces whose other side a process
# has: the script has a veth or nothing in its place, so what is told of them is
# what a veth has too.
# Input: one document after the other, as tests/e2e/show.bats asks for them.

def changing: ["ifindex", "link", "link_index", "link_netnsid", "handle",
	"metainfo", "bridge_id", "root_id", "root_port", "root_path_cost",
	"hello_timer", "tcn_timer", "topology_change_timer", "gc_timer",
	"topology_change", "topology_change_detected", "message_age_timer",
	"forward_delay_timer", "hold_timer", "designated_port", "cost",
	"designated_cost", "designated_bridge", "designated_root", "id", "no",
	"config_pending"];

# A bridge takes these from its ports.
def of_ports: if $taps == [] then [] else
	["tso_max_size", "tso_max_segs", "gso_max_size", "gso_max_segs"] end;

def mac:
	if type == "string" and test("^([0-9a-f]{2}:){5}[0-9a-f]{2}$")
		and (. as $m | $macs + ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"]
			| index($m) | not)
	then "drawn" else . end;

def is_tap: .ifname? as $name | $taps | index($name);

def of_tap: { ifname, mtu, master, txqlen, address, addr_info,
	up: (.flags | index("UP") != null) };

# The kernel gives it to a device that carries; nobody has the tap's other side.
def of_carrier: type == "object" and .dst? == "ff00::/8"
	and (.dev? as $dev | $taps | index($dev));

def plain:
	if type == "array" then map(select(of_carrier | not))
	elif type == "object" then
		(if has("packets") and has("bytes") then
			.packets = 0 | .bytes = 0 else . end)
		| (if (.flags? | type) == "array" then
			.flags -= ["linkdown", "dead"] else . end)
		# a bridge without a port may not have noticed yet
		| (if .linkinfo?.info_kind? == "bridge" then del(.operstate)
			| .flags -= ["NO-CARRIER", "LOWER_UP"] else . end)
		# the kernel keeps it on IPv4 addresses, where it does nothing
		| (if .family? == "inet" then del(.nodad) else . end)
		| with_entries(select(.key as $k
			| changing + of_ports | index($k) | not))
	else mac end;

walk(if type == "object" and has("flags") and is_tap then of_tap
	else . end | plain)
| if type == "array" then sort_by(.ifname // "", tojson) else . end
