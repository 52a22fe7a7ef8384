# Loads Xen, and Linux for dom0. Compile with: mkimage -A arm64 -T script -d boot.cmd boot.scr
load mmc 0:1 0x600000 xen
load mmc 0:1 0x1000000 Image
load mmc 0:1 0x100000 system.dtb
fdt addr 0x100000
fdt resize 0x1000
fdt set /chosen \#address-cells <2>
fdt set /chosen \#size-cells <2>
fdt set /chosen xen,xen-bootargs "console=dtuart dtuart=serial0 dom0_mem=512M sched=null"
fdt mknod /chosen dom0
fdt set /chosen/dom0 compatible "multiboot,kernel" "multiboot,module"
fdt set /chosen/dom0 reg <0x0 0x1000000 0x0 0x1400000>
fdt set /chosen/dom0 bootargs "console=hvc0 root=/dev/mmcblk0p2 rootwait"
setenv fdt_high 0xffffffffffffffff
booti 0x600000 - 0x100000
