"""A window that writes down, as lines of JSON, every input event that it received, in order.

Usage: witness.py LOG. It covers the screen but the panel. What is pressed changes nothing on it.
"""

import json
import sys

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk

log = open(sys.argv[1], "w", buffering=1, encoding="utf-8")
window = Gtk.Window(title="Witness")
window.set_decorated(False)
window.move(0, 0)
window.set_default_size(1280, 740)
area = Gtk.DrawingArea()
area.set_can_focus(True)
window.add(area)
mask = Gdk.EventMask
area.add_events(
    mask.BUTTON_PRESS_MASK | mask.BUTTON_RELEASE_MASK | mask.POINTER_MOTION_MASK | mask.KEY_PRESS_MASK | mask.KEY_RELEASE_MASK | mask.SCROLL_MASK
)
names = {
    Gdk.EventType.BUTTON_PRESS: "press",
    Gdk.EventType._2BUTTON_PRESS: "double",
    Gdk.EventType._3BUTTON_PRESS: "triple",
    Gdk.EventType.BUTTON_RELEASE: "release",
    Gdk.EventType.MOTION_NOTIFY: "motion",
    Gdk.EventType.KEY_PRESS: "keydown",
    Gdk.EventType.KEY_RELEASE: "keyup",
    Gdk.EventType.SCROLL: "scroll",
}
modifiers = [("shift", 1), ("lock", 2), ("ctrl", 4), ("alt", 8), ("super", 1 << 6), ("left", 1 << 8), ("middle", 1 << 9), ("right", 1 << 10)]


def write(_widget, event):
    name = names.get(event.type)
    if name is None:
        return False
    line = {"event": name, "held": [word for word, bit in modifiers if int(event.get_state()[1]) & bit]}
    if name in ("press", "double", "triple", "release"):
        line.update(button=event.button.button, x=int(event.x_root), y=int(event.y_root))
    if name in ("motion", "scroll"):
        line.update(x=int(event.x_root), y=int(event.y_root))
    if name == "scroll":
        line.update(direction=event.scroll.direction.value_nick)
    if name in ("keydown", "keyup"):
        line.update(key=Gdk.keyval_name(event.keyval), time=event.time)
    log.write(json.dumps(line) + "\n")
    return True


area.connect("event", write)
window.connect("destroy", Gtk.main_quit)
window.show_all()
area.grab_focus()
Gtk.main()
