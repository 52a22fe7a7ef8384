# ruff: noqa: E501
"""Scripts in the styles that people use, for the real U-Boot and for ours."""

from __future__ import annotations

BOARD = """/dts-v1/;
/memreserve/ 0x48000000 0x1000;
/ {
    #address-cells = <2>; #size-cells = <2>;
    compatible = "linux,dummy-virt"; model = "test";
    aliases { serial0 = "/serial@9000000"; ethernet0 = "/ethernet@a000000"; };
    chosen { stdout-path = "serial0:115200n8"; bootargs = "of the tree"; };
    memory@40000000 { device_type = "memory"; reg = <0 0x40000000 0 0x40000000>; };
    cpus { #address-cells = <1>; #size-cells = <0>;
        cpu@0 { device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0>; enable-method = "psci"; };
    };
    ethernet@a000000 { compatible = "smsc,lan9118"; reg = <0 0xa000000 0 0x1000>; };
    serial@9000000 { compatible = "arm,pl011"; reg = <0 0x9000000 0 0x1000>; };
    reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges;
        fw@46000000 { reg = <0 0x46000000 0 0x100000>; no-map; };
    };
};
"""

_HEAD = """load virtio 0:1 0x4a000000 board.dtb
load virtio 0:1 0x4c000000 xen
fdt addr 0x4a000000
"""
_END = "booti 0x4c000000 - 0x4a000000\n"

SCRIPTS: dict[str, str] = {
    # a demo on a ZCU102: everything by variables, dom0 and a dom0less guest, memory by cells
    "elisa-zcu102": r"""
setenv xen_addr 0x4c000000
setenv dtb_addr 0x4a000000
setenv lin_addr 0x50000000
setenv rd_addr 0x58000000
setenv domu_addr 0x60000000
load virtio 0:1 ${xen_addr} xen
load virtio 0:1 $dtb_addr board.dtb
load virtio 0:1 $lin_addr Image
setenv lin_size $filesize
load virtio 0:1 $rd_addr rootfs.cpio.gz
setenv rd_size $filesize
load virtio 0:1 $domu_addr zephyr.bin
setenv domu_size 0x$filesize
fdt addr $dtb_addr
fdt resize 4096
fdt set /chosen xen,xen-bootargs "console=dtuart dtuart=serial0 dom0_mem=1G bootscrub=0 llc-coloring=on dom0-llc-colors=2-6"
fdt set /chosen \#address-cells <2>
fdt set /chosen \#size-cells <2>
fdt mknod /chosen dom0
fdt set /chosen/dom0 compatible "xen,linux-zimage" "xen,multiboot-module" "multiboot,module"
fdt set /chosen/dom0 reg <0 ${lin_addr} 0 0x${lin_size}>
fdt set /chosen xen,dom0-bootargs "console=hvc0 earlycon=xen root=/dev/ram0 rw"
fdt mknod /chosen dom0-ramdisk
fdt set /chosen/dom0-ramdisk compatible "xen,linux-initrd" "xen,multiboot-module" "multiboot,module"
fdt set /chosen/dom0-ramdisk reg <0 ${rd_addr} 0 0x${rd_size}>
fdt mknod /chosen domU1
fdt set /chosen/domU1 compatible "xen,domain"
fdt set /chosen/domU1 \#address-cells <1>
fdt set /chosen/domU1 \#size-cells <1>
fdt set /chosen/domU1 cpus <1>
fdt set /chosen/domU1 memory <0 131072>
fdt set /chosen/domU1 llc-colors "7-10"
fdt set /chosen/domU1 vpl011
fdt mknod /chosen/domU1 module@${domu_addr}
fdt set /chosen/domU1/module@${domu_addr} compatible "multiboot,kernel" "multiboot,module"
fdt set /chosen/domU1/module@${domu_addr} reg <${domu_addr} ${domu_size}>
fdt set /chosen/domU1/module@${domu_addr} bootargs ""
booti ${xen_addr} - ${dtb_addr}
""",
    # generated for a Raspberry Pi: load addresses computed, lopsided quoting
    "genboot-rpi5": r"""
setenv align 0x200000
setenv next 0x50000000
fatload virtio 0:1 0x4a000000 board.dtb
fatload virtio 0:1 0x4c000000 xen
fdt addr 0x4a000000
fdt resize 0x3000
fdt set /chosen "#address-cells" "<0x2>"
fdt set /chosen "#size-cells" "<0x2>"
for file in Image zephyr.bin; do
  fatload virtio 0:1 ${next} ${file}
  setenv ${file}_addr ${next}
  setenv ${file}_size ${filesize}
  setexpr next ${next} + ${filesize}
  setexpr next ${next} + ${align}
  setexpr next ${next} / ${align}
  setexpr next ${next} * ${align}
  setenv next 0x${next}
done
fdt mknod /chosen "module@${Image_addr}"
fdt set /chosen/module@${Image_addr} compatible "multiboot,kernel" "multiboot,module"
fdt set /chosen/module@${Image_addr} reg "<0x0 ${Image_addr} 0x0 0x${Image_size}>"
fdt set /chosen/module@${Image_addr} bootargs "console=hvc0 root=PARTUUID=1234-02"
fdt set /chosen xen,xen-bootargs "console=dtuart dtuart=serial0 sync_console llc-coloring dom0-llc-colors=0-3,5"
if test "${zephyr.bin_size}" != ""; then fdt set /chosen zephyr "${zephyr.bin_size}"; fi
booti 0x4c000000 - 0x4a000000
""",
    # what ImageBuilder writes
    "image-builder": _HEAD
    + r"""fdt resize 1024
fdt set /chosen \#address-cells <0x2>
fdt set /chosen \#size-cells <0x2>
fdt set /chosen xen,xen-bootargs "console=dtuart dtuart=serial0 dom0_mem=1500M dom0_max_vcpus=1 bootscrub=0"
fdt mknod /chosen dom0
fdt set /chosen/dom0 compatible  "xen,linux-zimage" "xen,multiboot-module" "multiboot,module"
fdt set /chosen/dom0 reg <0x0 0xe00000 0x0 0x1400000 >
fdt set /chosen xen,dom0-bootargs "console=hvc0 earlycon=xen earlyprintk=xen clk_ignore_unused root=/dev/ram0"
fdt mknod /chosen domU0
fdt set /chosen/domU0 compatible  "xen,domain"
fdt set /chosen/domU0 \#address-cells <0x2>
fdt set /chosen/domU0 \#size-cells <0x2>
fdt set /chosen/domU0 memory <0x0 0x80000 >
fdt set /chosen/domU0 cpus <2>
fdt set /chosen/domU0 vpl011
fdt set /chosen/domU0 xen,enhanced "enabled"
fdt mknod /chosen/domU0 module0x2400000
fdt set /chosen/domU0/module0x2400000 compatible  "multiboot,kernel" "multiboot,module"
fdt set /chosen/domU0/module0x2400000 reg <0x0 0x2400000 0x0 0x123400 >
fdt set /chosen/domU0/module0x2400000 bootargs "console=ttyAMA0"
setenv fdt_high 0xffffffffffffffff
booti 0x4c000000 - 0x4a000000
""",
    # Lopper's output through ImageBuilder, guests from 1, with colors by extra commands
    "lopper": _HEAD
    + r"""fdt resize 1024
fdt set /chosen xen,xen-bootargs "console=dtuart dtuart=serial0 dom0_mem=512M llc-coloring=on"
fdt mknod /chosen domU1
fdt set /chosen/domU1 compatible "xen,domain"
fdt set /chosen/domU1 memory <0x0 0x40000 >
fdt set /chosen/domU1 cpus <1>
fdt mknod /chosen domU2
fdt set /chosen/domU2 compatible "xen,domain"
fdt set /chosen/domU2 memory <0x0 0x40000 >
fdt set /chosen/domU2 cpus <1>
fdt set /chosen/domU1 llc-colors "4-7"
fdt set /chosen/domU2 llc-colors '8-11'
fdt set /chosen/domU2 cpus <2>
fdt rm /chosen bootargs
setenv fdt_high 0xffffffffffffffff
booti 0x4c000000 - 0x4a000000
""",
    # buildroot: bootargs and a ramdisk that stays where it was loaded
    "buildroot": r"""
setenv fdt_high 0x49000000
setenv initrd_high 0xffffffffffffffff
setenv bootargs "earlycon console=hvc0 root=/dev/ram0"
setenv serial# LAB-0007
setenv ethaddr 02:aa:bb:cc:dd:ee
load virtio 0:1 0x4c000000 xen
load virtio 0:1 0x4a000000 board.dtb
load virtio 0:1 0x58000000 rootfs.cpio.gz
booti 0x4c000000 0x58000000:${filesize} 0x4a000000
""",
    # a layer's boot.cmd: targets tried in turn, files that may be missing
    "yocto": r"""
for boot_target in virtio; do
    echo "Trying to load boot images from ${boot_target}"
    if test "${boot_target}" = "jtag" ; then
        booti 0x00200000 0x04000000 0x00100000
    fi
    if test "${boot_target}" = "virtio" || test "${boot_target}" = "mmc1" ; then
        if load ${boot_target} 0:1 0x59000000 no-such-env.txt; then env import -t 0x59000000 $filesize; fi
        if load virtio 0:1 0x4a000000 board.dtb && load virtio 0:1 0x4c000000 xen; then
            fdt addr 0x4a000000 && fdt resize 0x1000
            if load virtio 0:1 0x50000000 Image; then
                fdt mknod /chosen module@50000000
                fdt set /chosen/module@50000000 compatible "multiboot,kernel" "multiboot,module"
                fdt set /chosen/module@50000000 reg <0x0 0x50000000 0x0 0x${filesize}>
            else
                fdt set /chosen no-kernel
            fi
            if load virtio 0:1 0x52000000 no-such-ramdisk; then fdt set /chosen ramdisk x; else fdt set /chosen ramdisk none; fi
            booti 0x4c000000 - 0x4a000000;
        fi
    fi
done
""",
    # macros that call one another
    "macros": _HEAD
    + r"""fdt resize 0x1000
setenv colors 2-3
setenv mkdom 'fdt mknod /chosen $dom; fdt set /chosen/$dom compatible "xen,domain"; fdt set /chosen/$dom llc-colors "$colors"'
setenv dom a; run mkdom
setenv dom b; setenv colors "4-5,7"; run mkdom
setenv dom "c d"; run mkdom
setenv two "run mkdom; false" ; setenv three 'fdt set /chosen never x'
setenv dom e; run two three
setenv quoted "fdt set /chosen q \"x y\""; run quoted
setenv broken 'if true; then fdt set /chosen broken x'; run broken
"""
    + _END,
    # variables of a file
    "environment": _HEAD
    + r"""fdt resize 0x1000
load virtio 0:1 0x59000000 uEnv.txt
env import -t 0x59000000 ${filesize}
fdt set /chosen xen,xen-bootargs "${xen_args}"
fdt set /chosen c "${colors}" "${more}"
test -n "${gone}" && fdt set /chosen gone "${gone}"
env exists colors && fdt set /chosen exists
fdt get value path /chosen stdout-path
fdt set /chosen copied "${path}"
fdt get value size /memory@40000000 reg
fdt set /chosen n "${size}"
fdt get size cells /memory@40000000 reg; fdt set /chosen cells "${cells}"
"""
    + _END,
    # a second script, which fails in its middle
    "second": _HEAD
    + r"""fdt resize 0x1000
load virtio 0:1 0x59000000 second.scr
setenv from first
source 0x59000000
fdt set /chosen back "$back" "$?"
"""
    + _END,
    # no room: which settings survive
    "no-room": _HEAD
    + "fdt resize 10\n"
    + "".join(
        f"fdt mknod /chosen dom{n}\nfdt set /chosen/dom{n} compatible xen,domain\n"
        f'fdt set /chosen/dom{n} llc-colors "{n}-{n + 1}"\nfdt set /chosen/dom{n} memory <0 0x{n}000>\n'
        for n in range(24)
    )
    + _END,
    # a ramdisk moved below a limit, reservations of the tree met
    "ramdisk": r"""
setenv initrd_high 0x46100000
setenv fdt_high 0x48001000
setenv bootargs
load virtio 0:1 0x4c000000 xen
load virtio 0:1 0x4a000000 board.dtb
fdt addr 0x4a000000
fdt resize 0x1000
fdt rsvmem add 0x47ff0000 0x2000
fdt set /chosen bootargs "of the script"
load virtio 0:1 0x58000000 rootfs.cpio.gz
booti 0x4c000000 0x58000000:${filesize} 0x4a000000
""",
    # a tree copied, the copy edited, the nodes of the original removed
    "copied": _HEAD
    + r"""fdt move 0x4a000000 0x4b000000 0x4000
fdt rm /reserved-memory
fdt rm /aliases
fdt set /memory device_type "other"
fdt set / compatible "a" "b c" 'd'
fdt set /cpus/cpu <? 2>
fdt set /cpus/cpu@0 reg <?>
fdt set /chosen bytes [0a 0b  0c]
fdt memory 0x40000000 0x10000000
fdt chosen
booti 0x4c000000 - 0x4b000000
""",
}

OTHERS: dict[str, bytes] = {
    "Image": bytes(0x9A0C),
    "zephyr.bin": bytes(0x12345),
    "rootfs.cpio.gz": bytes(0x54321),
    "uEnv.txt": b'xen_args=console=dtuart llc-coloring=on\ncolors=4-7\n# x\ngone=\nmore="a b"\n',
}
SECOND = """fdt set /chosen second "$from"
setenv back 'set there'
if test "$from" = first; then fdt set /chosen inside x; fi
fdt set /nosuch a b
fi
fdt set /chosen behind x
"""
