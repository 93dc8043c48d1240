"""A window with things that move by themselves, and buttons whose effects come in steps.

Usage: moving.py PART…, any of: caret (a text field with the focus), clock, spinner, steps, inert.
"steps" is a button at 100,100 that changes the area below it three times, 60 ms apart.
"""

import sys
import time
import warnings

import gi

warnings.simplefilter("ignore")

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk

parts = sys.argv[1:]
state = {"step": 0, "turn": 0}
window = Gtk.Window(title="Moving")
window.set_decorated(False)
window.move(0, 0)
window.set_default_size(1280, 740)
fixed = Gtk.Fixed()
window.add(fixed)


def area(x, y, width, height):
    widget = Gtk.EventBox()
    widget.set_size_request(width, height)
    fixed.put(widget, x, y)
    return widget


def paint(widget, red, green, blue):
    widget.override_background_color(Gtk.StateFlags.NORMAL, Gdk.RGBA(red, green, blue, 1))


colors = [(0.2, 0.2, 0.2), (0.8, 0.1, 0.1), (0.1, 0.7, 0.1), (0.1, 0.1, 0.9)]
if "steps" in parts:
    target = area(100, 200, 200, 100)
    paint(target, *colors[0])

    def step():
        state["step"] += 1
        paint(target, *colors[state["step"] % 4])
        return state["step"] % 3 != 0

    def begin(_button):
        step()
        GLib.timeout_add(60, step)

    button = Gtk.Button(label="Steps")
    button.set_size_request(100, 40)
    button.set_can_focus(False)
    button.connect("clicked", begin)
    fixed.put(button, 100, 100)
if "spinner" in parts:
    spinner = area(600, 200, 64, 64)

    def turn():
        state["turn"] += 1
        paint(spinner, state["turn"] % 16 / 16, 0.5, 0.5)
        return True

    GLib.timeout_add(30, turn)
if "clock" in parts:
    label = Gtk.Label(label="00:00:00")
    fixed.put(label, 900, 100)

    def tick():
        label.set_text(time.strftime("%H:%M:%S"))
        return True

    GLib.timeout_add(1000, tick)
entry = Gtk.Entry()
entry.set_size_request(300, 30)
if "caret" in parts:
    fixed.put(entry, 100, 400)
window.connect("destroy", Gtk.main_quit)
window.show_all()
if "caret" in parts:
    entry.grab_focus()
Gtk.main()
