"""An RTSP server by the system's own GStreamer, run by the system's own Python: ``gst_rtsp.py PORT PICTURES``.

Sends the PNG files ``PICTURES`` (a pattern such as /tmp/%d.png) in a circle as H.264, from the first on.
Prints its port once it listens; port 0 chooses a free one.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

Gst.init(None)
port, pictures = sys.argv[1:]
server = GstRtspServer.RTSPServer(address="127.0.0.1", service=port)
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(
    f'( multifilesrc location="{pictures}" loop=true caps=image/png,framerate=25/1 ! pngdec ! videoconvert '
    "! openh264enc gop-size=5 complexity=low ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 )"
)
server.get_mount_points().add_factory("/video", factory)
server.attach(None)
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
